/** What stands in front of an n8n, told from how a request failed. */
import { expect, test } from 'vitest';
import { ProviderError, type ProviderErrorFacts } from '../../src/errors.ts';
import { explainN8n } from '../../src/steps/checks/n8n-failures.ts';

const fixOf = (facts: Partial<ProviderErrorFacts>, part: 'api' | 'webhooks' = 'api') => {
  const error = new ProviderError({
    provider: 'n8n',
    operation: 'GET /workflows',
    outcome: 'in-doubt',
    ...facts,
  });
  const finding = explainN8n(part, error);
  return finding?.ok === false ? finding.fix : undefined;
};

test.each<[string, Partial<ProviderErrorFacts>, RegExp]>([
  ['a redirect', { status: 301 }, /redirect.*https:\/\//],
  ['a proxy with a password', { status: 401, providerText: '<h1>401</h1>' }, /set N8N_BASIC_AUTH/],
  ['a proxy that lets nobody in', { status: 403, providerText: 'Forbidden' }, /let this machine through/],
  [
    'a key that is refused, or an API that is off',
    { status: 401, providerText: '{"message":"Unauthorized"}' },
    /Renew N8N_API_KEY.*N8N_PUBLIC_API_DISABLED/,
  ],
  ['an API that is off on an older one', { status: 404 }, /path in N8N_HOST.*N8N_PUBLIC_API_DISABLED/],
])('%s', (_what, facts, words) => {
  expect(fixOf(facts)).toMatch(words);
});

test('webhooks that are served elsewhere', () => {
  expect(fixOf({ status: 404 }, 'webhooks')).toMatch(/^Set N8N_WEBHOOK_PATH/);
});

test('what says enough by its status, or is no answer of a provider, is left to others', () => {
  expect(fixOf({ status: 503 })).toBeUndefined();
  expect(fixOf({ status: 403, providerText: '{"message":"Forbidden"}' })).toBeUndefined();
  expect(fixOf({ connectionCode: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' })).toBeUndefined();
  expect(explainN8n('api', new Error('another'))).toBeUndefined();
});
