/** An n8n as people put it: below a path, behind a password, with a name of its own for its webhooks. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startN8nProxy, type N8nProxy } from '../helpers/n8n-proxy.ts';
import { startStack, type Stack } from '../helpers/stack.ts';
import { check } from '../preflight/support.ts';

const basicAuth = 'proxy-user:proxy-password';
let proxy: N8nProxy;
let stack: Stack;
beforeAll(async () => {
  proxy = await startN8nProxy({ target: () => stack.sandbox.urls.n8n, path: '/n8n', basicAuth });
  stack = await startStack({
    backend: 'redis',
    sandbox: { n8nWebhookPath: 'hooks' },
    environment: { N8N_HOST: proxy.url, N8N_BASIC_AUTH: basicAuth },
  });
});
beforeEach(() => stack.sandbox.control.reset());
afterAll(async () => {
  await stack?.stop();
  await proxy?.stop();
});

const n8nChecks = async (environment: Record<string, string>) => {
  const all = await check(stack.sandbox, { environment: { ...stack.environment, ...environment } });
  return Object.fromEntries(
    all
      .filter(({ provider }) => provider === 'n8n')
      .map(({ name, ok, detail, fix }) => [name, ok ? 'holds' : `${detail} → ${fix}`]),
  );
};

test('serves the client at the address that callers use, and is undone', async () => {
  const { id } = await stack.provision();
  const done = await stack.waitUntilDone(id);
  expect(done).toMatchObject({ status: 'succeeded' });
  expect(done.result['n8nWebhookUrl']).toMatch(`${proxy.url}/hooks/client-`);
  expect(JSON.stringify(done)).not.toContain('proxy-password');

  stack.sandbox.control.addFault({ provider: 'n8n', operation: 'probeWebhook', mode: 'refuse', times: -1 });
  const second = await stack.provision();
  expect(await stack.waitUntilDone(second.id)).toMatchObject({ rollback: { status: 'completed' } });
});

describe('the preflight', () => {
  test('holds', async () => {
    expect(await n8nChecks({})).toEqual({ api: 'holds', scopes: 'holds', webhooks: 'holds' });
  });
  test.each([
    ['no password', { N8N_BASIC_AUTH: '' }, 'api', /401 → .*set N8N_BASIC_AUTH/],
    ['another webhook path', { N8N_WEBHOOK_PATH: 'webhook' }, 'webhooks', /404 → Set N8N_WEBHOOK_PATH/],
    ['https where there is none', { N8N_HOST: 'https://127.0.0.1' }, 'api', /no TLS|got no answer/],
  ])('names %s', async (_what, environment, name, words) => {
    expect((await n8nChecks(environment))[name]).toMatch(words);
  });
  test('names an N8N_HOST without the path of the server', async () => {
    const { origin } = new URL(proxy.url);
    expect((await n8nChecks({ N8N_HOST: origin }))['api']).toMatch(/404 → .*path in N8N_HOST/);
  });
  test('names a base of webhooks that has their path already', async () => {
    const failures = await n8nChecks({ N8N_WEBHOOK_URL: `${proxy.url}/hooks` });
    expect(failures['webhooks']).toMatch(
      /n8n takes "hooks" for the beginning .*off the end of N8N_WEBHOOK_URL/,
    );
  });
});
