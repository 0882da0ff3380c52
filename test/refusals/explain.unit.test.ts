import { describe, expect, test } from 'vitest';
import { ProviderError, type RefusalHeaders } from '../../src/errors.ts';
import { explainRefusal, refusalTables } from '../../src/refusals/explain.ts';

function refusal(provider: string, status: number, body: unknown, headers: RefusalHeaders = {}) {
  return explainRefusal(
    new ProviderError({
      provider,
      operation: 'POST /x',
      outcome: 'not-made',
      status,
      headers,
      providerText: typeof body === 'string' ? body : JSON.stringify(body),
    }),
  );
}

const vercelError = (code: string, message: string, more = {}) => ({ error: { code, message, ...more } });

/** Each as the provider words it: provider, status, body, headers; code and reason. */
const cases: [string, number, unknown, RefusalHeaders, string, string][] = [
  [
    'supabase',
    400,
    {
      message:
        'The following organization members have reached their maximum limits for the number of active free projects within organizations where they are an administrator or owner: ada (2 project limit).',
    },
    {},
    'quota-exceeded',
    'free-project-limit',
  ],
  [
    'supabase',
    400,
    { message: 'There are overdue invoices in the organization(s) you have access to.' },
    {},
    'quota-exceeded',
    'unpaid-invoices',
  ],
  [
    'supabase',
    403,
    { message: 'Project creation is disabled for this Vercel-managed organization' },
    {},
    'provider-rejected',
    'managed-organization',
  ],
  [
    'supabase',
    403,
    { message: 'Forbidden', missing_permissions: ['api_gateway_keys_secret_read'] },
    {},
    'provider-rejected',
    'missing-permission',
  ],
  [
    'supabase',
    403,
    { message: 'Your account does not have the necessary privileges to access this endpoint.' },
    {},
    'provider-rejected',
    'missing-permission',
  ],
  ['supabase', 402, { message: 'Payment Required' }, {}, 'quota-exceeded', 'payment'],
  ['supabase', 401, { message: 'Unauthorized' }, {}, 'credentials-rejected', 'credentials'],
  ['supabase', 403, { message: 'Forbidden resource' }, {}, 'credentials-rejected', 'credentials'],
  [
    'github',
    403,
    {
      message:
        'Resource protected by organization SAML enforcement. You must grant your Personal Access token',
    },
    { 'x-github-sso': 'required; url=https://github.com/orgs/acme/sso?authorization_request=A' },
    'provider-rejected',
    'sso',
  ],
  [
    'github',
    403,
    { message: 'Resource protected by organization SAML enforcement.' },
    {},
    'provider-rejected',
    'sso',
  ],
  [
    'github',
    403,
    {
      message:
        'Although you appear to have the correct authorization credentials, the `acme` organization has an IP allow list enabled, and your IP address is not permitted to access this resource.',
    },
    {},
    'provider-rejected',
    'ip-allow-list',
  ],
  [
    'github',
    403,
    {
      message:
        "The 'acme' organization forbids access via a fine-grained personal access tokens if the token's lifetime is greater than 90 days.",
    },
    {},
    'provider-rejected',
    'token-lifetime',
  ],
  [
    'github',
    403,
    { message: '`acme` forbids access via a personal access token (classic).' },
    {},
    'provider-rejected',
    'token-kind',
  ],
  [
    'github',
    403,
    { message: 'You need admin access to the organization before adding a repository to it.' },
    {},
    'provider-rejected',
    'creation-restricted',
  ],
  [
    'github',
    403,
    { message: 'Resource not accessible by personal access token' },
    {},
    'provider-rejected',
    'missing-permission',
  ],
  [
    'github',
    403,
    { message: 'Must have admin rights to Repository.' },
    {},
    'provider-rejected',
    'deletion-restricted',
  ],
  ['github', 401, { message: 'Bad credentials' }, {}, 'credentials-rejected', 'credentials'],
  ['github', 403, { message: 'Forbidden' }, {}, 'credentials-rejected', 'credentials'],
  [
    'vercel',
    400,
    vercelError(
      'bad_request',
      'Failed to link acme/x. You need to add a Login Connection to your GitHub account first.',
    ),
    {},
    'provider-rejected',
    'login-connection',
  ],
  [
    'vercel',
    402,
    vercelError(
      'api-deployments-free-per-day',
      'Resource is limited - try again in 24 hours (more than 100, code: "api-deployments-free-per-day").',
    ),
    {},
    'quota-exceeded',
    'deployments-per-day',
  ],
  [
    'vercel',
    403,
    vercelError(
      'forbidden',
      'Not authorized: Trying to access resource under scope "acme". You must re-authenticate to this scope or use a token with access to this scope.',
      { saml: true, scope: 'acme' },
    ),
    {},
    'provider-rejected',
    'sso',
  ],
  [
    'vercel',
    403,
    vercelError('forbidden', 'Not authorized: Trying to access resource under scope "acme".', {
      saml: false,
    }),
    {},
    'provider-rejected',
    'token-scope',
  ],
  [
    'vercel',
    403,
    vercelError('forbidden', "You don't have permission to create the project."),
    {},
    'provider-rejected',
    'missing-permission',
  ],
  [
    'vercel',
    403,
    vercelError('forbidden', 'Not authorized', { invalidToken: true }),
    {},
    'credentials-rejected',
    'credentials',
  ],
  [
    'vercel',
    403,
    vercelError('forbidden', 'Git author ada@acme.example must have access to the project on Vercel'),
    {},
    'provider-rejected',
    'git-author',
  ],
  ['vercel', 402, vercelError('payment_required', 'Payment required'), {}, 'quota-exceeded', 'payment'],
  ['n8n', 403, { message: 'Forbidden' }, {}, 'provider-rejected', 'missing-permission'],
  ['n8n', 401, { message: 'Unauthorized' }, {}, 'credentials-rejected', 'key-or-api-off'],
  [
    'n8n',
    401,
    '<html><head><title>401 Authorization Required</title></head></html>',
    { 'www-authenticate': 'Basic realm="n8n"' },
    'credentials-rejected',
    'proxy-password',
  ],
  [
    'n8n',
    403,
    { status: 'error', message: 'Plan lacks license for this feature' },
    {},
    'quota-exceeded',
    'license',
  ],
  ['n8n', 403, '<!DOCTYPE html><title>Access denied</title>', {}, 'provider-rejected', 'page-instead'],
];

test.each(cases)('%s %i %j %j is %s, because of %s', (provider, status, body, headers, code, reason) => {
  expect(refusal(provider, status, body, headers)).toMatchObject({ code, reason });
});

describe('no reason is given', () => {
  test('to what is no refusal', () => {
    for (const status of [200, 301, 500, 503]) expect(refusal('github', status, {})).toBeUndefined();
  });

  test('to a refusal of which no more is known than its status', () => {
    expect(refusal('github', 422, { message: 'Validation Failed' })).toBeUndefined();
    expect(refusal('vercel', 404, vercelError('not_found', 'Not found'))).toBeUndefined();
  });

  test('because of what a client is called', () => {
    const names = ['billing', 'hobby', 'marketplace', 'project-limit', 'payment', 'role', 'license'];
    for (const name of names)
      for (const [provider, body] of [
        ['supabase', { message: `client-${name}-prod: invalid` }],
        ['github', { message: `client-${name}-app: invalid` }],
        ['vercel', vercelError('bad_request', `client-${name}-app: invalid`)],
      ] as const)
        expect(refusal(provider, 400, body), `${provider} ${name}`).toBeUndefined();
  });
});

test('every reason says what to do, in one or more whole sentences', () => {
  for (const { refusals } of Object.values(refusalTables))
    for (const { message, whatToDo, reason, source } of refusals) {
      expect(message, reason).toMatch(/^[a-z].*[^.]$/i);
      expect(whatToDo, reason).toMatch(/^[A-Z].*\.$/);
      expect(source, reason).not.toBe('');
    }
});
