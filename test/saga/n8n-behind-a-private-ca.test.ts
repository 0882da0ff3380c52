/** An n8n whose certificate comes from a CA of one's own: Node knows it by NODE_EXTRA_CA_CERTS, read when it starts. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generate } from 'selfsigned';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { startN8nProxy, type N8nProxy } from '../helpers/n8n-proxy.ts';
import { startOwnRedis } from '../helpers/redis.ts';
import { runProgram } from '../helpers/services/run-program.ts';
import type { TestServer } from '../helpers/services/test-server.ts';
import { startStack, type ShownProvisioning, type Stack } from '../helpers/stack.ts';
import { startWorkerProcess } from '../helpers/worker-process.ts';

let folder: string;
let redis: TestServer;
let proxy: N8nProxy;
let stack: Stack;
let withCa: Record<string, string>;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'private-ca-'));
  const authority = await generate([{ name: 'commonName', value: 'Private CA' }], {
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    ],
  });
  const { cert, private: key } = await generate([{ name: 'commonName', value: 'localhost' }], {
    ca: { key: authority.private, cert: authority.cert },
  });
  const file = join(folder, 'ca.pem');
  await writeFile(file, authority.cert);
  withCa = { NODE_EXTRA_CA_CERTS: file };
  redis = await startOwnRedis();
  proxy = await startN8nProxy({ target: () => stack.sandbox.urls.n8n, certificate: { cert, key } });
  stack = await startStack({
    backend: 'redis',
    redisUrl: redis.url,
    workers: 0,
    environment: { N8N_HOST: proxy.url, STEP_MAX_ATTEMPTS: '2' },
  });
});
afterEach(async () => {
  await stack.sandbox.control.reset();
  proxy.seen.length = 0;
});
afterAll(async () => {
  await stack?.stop();
  await proxy?.stop();
  await redis?.remove();
  await rm(folder, { recursive: true });
});

/** Nothing but what the process is given: the variable is no part of what the product reads. */
async function provisionWith(environment: Record<string, string>): Promise<ShownProvisioning> {
  const worker = await startWorkerProcess({ ...stack.environment, ...environment });
  try {
    const { id } = await stack.provision();
    return await stack.waitUntilDone(id);
  } finally {
    await worker.kill('SIGKILL');
  }
}

async function preflightWith(environment: Record<string, string>) {
  const { code, stdout } = await runProgram(process.execPath, ['src/commands/preflight/main.ts'], {
    env: { PATH: process.env['PATH'], ...stack.environment, ...environment },
    timeoutMs: 50_000,
  });
  return { code, stdout };
}

describe('with the CA in NODE_EXTRA_CA_CERTS', () => {
  test('the preflight holds', async () => {
    expect(await preflightWith(withCa)).toMatchObject({ code: 0 });
  });

  test('a client is served, the look at its webhook included', async () => {
    const done = await provisionWith(withCa);

    expect(done).toMatchObject({ status: 'succeeded', failure: null });
    expect(done.result['n8nWebhookUrl']).toMatch(`${proxy.url}/webhook/client-`);
    expect(proxy.seen).toContainEqual(expect.stringMatching(/^POST \/api\/v1\/workflows$/));
    expect(proxy.seen).toContainEqual(expect.stringMatching(/^OPTIONS \/webhook\/client-/));
  });
});

describe('without it', () => {
  test('each check of the preflight that asks n8n says that the CA is not known, and what to set', async () => {
    const { code, stdout } = await preflightWith({});

    expect(code).toBe(1);
    for (const check of ['api', 'scopes', 'webhooks']) {
      expect(stdout).toMatch(
        new RegExp(`^n8n +${check} +FAILED .* authority \\(CA\\) that is not known here`, 'm'),
      );
      expect(stdout).toMatch(new RegExp(`^n8n ${check}: Set NODE_EXTRA_CA_CERTS to a file`, 'm'));
    }
  });

  test('the step says so too, and everything before it is undone', async () => {
    const { failure, rollback } = await provisionWith({});

    expect(failure).toMatchObject({ step: 'n8n-webhooks', code: 'provider-unavailable' });
    expect(failure?.message).toContain('its certificate comes from an authority (CA) that is not known here');
    expect(failure?.whatToDo).toMatch(/^Set NODE_EXTRA_CA_CERTS to a file .* restart/);
    expect(rollback.status).toBe('completed');
    expect(proxy.seen).toEqual([]);
    expect(stack.sandbox.control.objects()).toEqual([]);
  });
});
