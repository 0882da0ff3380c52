import { expect, test } from 'vitest';
import { ProviderError, type ProviderErrorFacts } from '../../src/errors.ts';
import { explainFailure } from '../../src/preflight/explain-failure.ts';

const source = { provider: 'n8n', credentials: 'N8N_API_KEY', address: 'N8N_HOST' };

function explain(facts: Partial<ProviderErrorFacts>) {
  return explainFailure(
    source,
    new ProviderError({ provider: 'n8n', operation: 'GET /workflows', outcome: 'in-doubt', ...facts }),
  );
}

test.each([
  ['ENOTFOUND', 'DNS'],
  ['EAI_AGAIN', 'DNS'],
  ['ECONNREFUSED', 'host and the port in N8N_HOST'],
  ['EHOSTUNREACH', 'firewalls'],
  ['UND_ERR_CONNECT_TIMEOUT', 'firewalls'],
  ['EPROTO', 'Begin N8N_HOST with http://'],
  ['ERR_SSL_WRONG_VERSION_NUMBER', 'Begin N8N_HOST with http://'],
  ['ERR_SSL_PACKET_LENGTH_TOO_LONG', 'Begin N8N_HOST with http://'],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'NODE_EXTRA_CA_CERTS'],
  ['SELF_SIGNED_CERT_IN_CHAIN', 'NODE_EXTRA_CA_CERTS'],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'NODE_EXTRA_CA_CERTS'],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'NODE_EXTRA_CA_CERTS'],
  ['CERT_HAS_EXPIRED', 'Renew the certificate'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'a name that the certificate is for'],
  ['HPE_INVALID_CONSTANT', 'Check the port in N8N_HOST'],
])('a connection that ends with %s is told how to fix it', (connectionCode, fix) => {
  expect(explain({ connectionCode })).toMatchObject({
    ok: false,
    fix: expect.stringContaining(fix) as string,
  });
});

test.each([
  ['https asked by http', 400, 'The plain HTTP request was sent to HTTPS port', {}, 'with https://'],
  ['a wrong path', 404, '<html><h1>404 Not Found</h1></html>', {}, 'the host and the path in N8N_HOST'],
  [
    'a proxy that wants a password',
    401,
    '<html>401 Authorization Required</html>',
    { headers: { 'www-authenticate': 'Basic realm="x"' } },
    'N8N_BASIC_AUTH',
  ],
  ['an API that is switched off', 401, '{"message":"Unauthorized"}', {}, 'N8N_PUBLIC_API_DISABLED'],
  ['a missing scope', 403, '{"message":"Forbidden"}', {}, 'workflow:create'],
  ['a proxy without its server', 502, '<html>502 Bad Gateway</html>', { isAway: true }, 'Start n8n'],
  ['a server that starts', 200, 'n8n is starting up', { isAway: true }, 'Wait until n8n has started'],
  ['an unknown refusal', 422, '{"message":"no"}', {}, 'status page'],
] as const)('%s is named', (_name, status, providerText, more, fix) => {
  expect(explain({ status, providerText, ...more })).toMatchObject({
    ok: false,
    fix: expect.stringContaining(fix) as string,
  });
});

test('nothing that a provider has said is repeated', () => {
  const said = 'a sentence of the provider';
  for (const status of [400, 401, 403, 404, 500])
    expect(JSON.stringify(explain({ status, providerText: `<html>${said}` }))).not.toContain(said);
});
