/** The API away, slow to come back, or answering into the void. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { newClientId, type Stack } from '../helpers/stack.ts';
import { countRows, moveTo, startApi, untilReady } from '../server/support.ts';
import { startFront, type Treatment } from './front.ts';
import { admin, newPerson, orderArgs, run, type Ended } from './support.ts';

let api: Stack;
beforeAll(async () => {
  api = await startApi();
  await untilReady(api);
});
afterAll(() => api?.stop());

async function through(
  treatments: readonly Treatment[],
  args: readonly string[],
): Promise<Ended & { requests: string[] }> {
  const front = await startFront(api.server.url, treatments);
  const person = await admin(api, { PROVISIONER_URL: front.url });
  return { ...(await run(person, args)), requests: front.requests };
}

test('an outage that ends is waited out, and said once', async () => {
  const { code, stderr, requests } = await through([{ status: 503 }, { status: 502 }, 'cut'], ['list']);
  expect(code).toBe(0);
  expect(stderr).toBe('The API cannot answer now (503): trying again…\n');
  expect(requests).toHaveLength(4);
});

test('an outage that does not end within --timeout exits with 6', async () => {
  const away = Array.from({ length: 50 }, (): Treatment => ({ status: 503 }));
  const { code, stdout, requests } = await through(away, ['list', '--timeout', '1']);
  expect({ code, stdout }).toEqual({ code: 6, stdout: '' });
  expect(requests.length).toBeGreaterThan(1);
});

test('where nobody listens it exits with 6', async () => {
  const person = await newPerson({ PROVISIONER_URL: 'http://127.0.0.1:2', PROVISIONER_KEY: 'x'.repeat(40) });
  expect(await run(person, ['list', '--timeout', '1'])).toMatchObject({
    code: 6,
    stderr: expect.stringContaining('ECONNREFUSED') as string,
  });
});

test('a limit on requests is kept to as it asks, past --timeout too', async () => {
  const begun = performance.now();
  const { code } = await through([{ status: 429, retryAfter: '1' }], ['list', '--timeout', '0']);
  expect(code).toBe(0);
  expect(performance.now() - begun).toBeGreaterThan(1000);
});

test('an order whose answer is lost is sent again, and makes one provisioning', async () => {
  const before = await countRows(api);
  const args = ['create', newClientId(), ...orderArgs];
  const { code, requests } = await through(['cut', 'cut'], args);
  expect(code).toBe(0);
  expect(requests).toEqual(Array.from({ length: 3 }, () => 'POST /api/provisioning'));
  expect(await countRows(api)).toBe(before + 1);
});

test('an act that got through although its answer was lost says so, in place of a bare conflict', async () => {
  const clientId = newClientId();
  const { id } = await api.provision({ clientId });
  await moveTo(api, id, ['running', 'none'], ['paused', 'none']);
  // Found in two requests; the third is the act.
  const { code, stderr } = await through(['pass', 'pass', 'cut'], ['resume', clientId]);
  expect({ code, stderr }).toEqual({
    code: 5,
    stderr: expect.stringContaining('may have got through') as string,
  });
  expect((await api.show(id)).status).toBe('running');
});

test('a server that does not know a call yet is named as older: exit code 4', async () => {
  const { code, stderr } = await through([{ status: 404 }], ['status']);
  expect(code).toBe(4);
  expect(stderr).toContain('The server has no GET /api/summary: it is older than this command.');
});

test('the key is sent to no address that an answer leads to', async () => {
  const { code, stderr, requests } = await through([{ status: 302 }], ['list']);
  expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('leads elsewhere') as string });
  expect(requests).toHaveLength(1);
});
