/** `batch`: many clients from a file, checked before anything is sent, and taken up again wherever it was stopped. */
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { newClientId, startStack, type Stack } from '../helpers/stack.ts';
import { until } from '../helpers/until.ts';
import { countRows, untilReady } from '../server/support.ts';
import { admin, openTerminal, run, start, type Person } from './support.ts';

let stack: Stack;
beforeAll(async () => {
  stack = await startStack({ backend: 'redis' });
  await untilReady(stack);
});
beforeEach(() => stack.sandbox.control.reset());
afterAll(() => stack?.stop());

const containing = (text: string) => expect.stringContaining(text) as string;

interface WrittenResult {
  outcome: string;
  provisioningId: string | null;
  attempt: number;
  reason: string | null;
}

async function withFile(clientIds: readonly string[]): Promise<Person & { file: string }> {
  const person = await admin(stack);
  const rows = clientIds.map((id) => `${id};Client ${id};ops@${id}.example;starter`);
  const file = join(person.home, 'clients.csv');
  await writeFile(file, ['clientId;clientName;orgEmail;tier', ...rows, ''].join('\r\n'));
  return { ...person, file };
}

async function resultsOf({ file }: { file: string }): Promise<Record<string, WrittenResult>> {
  const text = await readFile(`${file}.results.json`, 'utf8');
  return (JSON.parse(text) as { clients: Record<string, WrittenResult> }).clients;
}

/** How many repositories the sandbox has made under a name. */
function timesMade(clientId: string): number {
  return stack.sandbox.control
    .journal()
    .filter(({ operation, effect, requestBody }) =>
      operation === 'generateRepository' && effect === 'created'
        ? JSON.stringify(requestBody).includes(`client-${clientId}-app`)
        : false,
    ).length;
}

const ids = (count: number) => Array.from({ length: count }, () => newClientId());

test('every client of the file is made, and what came of each is written down', async () => {
  const clients = ids(3);
  const person = await withFile(clients);

  const { code, stdout, stderr } = await run(person, ['batch', person.file, '--yes']);

  expect({ code, stdout }).toEqual({ code: 0, stdout: containing('3 of 3 succeeded') });
  expect(stderr).toContain(`would get client-${clients[0]}-prod`);
  const results = await resultsOf(person);
  expect(Object.keys(results).toSorted()).toEqual(clients.toSorted());
  for (const result of Object.values(results))
    expect(result).toMatchObject({ outcome: 'succeeded', attempt: 1 });
  expect((await stat(`${person.file}.results.json`)).mode & 0o777).toBe(0o600);
  expect(clients.map(timesMade)).toEqual([1, 1, 1]);
});

test('a file with a flaw sends nothing, and each flaw is named', async () => {
  const person = await withFile([newClientId(), 'Not An Id']);
  const before = await countRows(stack);
  const { code, stdout, stderr } = await run(person, ['batch', person.file, '--yes']);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toContain('line 3, clientId: must be lower-case');
  expect(await countRows(stack)).toBe(before);
  expect(await run(person, ['batch', 'nowhere.csv'])).toMatchObject({
    code: 2,
    stderr: containing('no file'),
  });
});

test('without a terminal it orders nothing unless --yes says so, and --plan-only never does', async () => {
  const person = await withFile(ids(2));
  const before = await countRows(stack);
  expect(await run(person, ['batch', person.file])).toMatchObject({ code: 2, stderr: containing('--yes') });
  const planned = await run(person, ['batch', person.file, '--plan-only', '--yes', '--json']);
  expect(planned.code).toBe(0);
  const plans = planned.stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);
  expect(plans).toEqual([expect.objectContaining({ ok: true }), expect.objectContaining({ ok: true })]);
  expect(await countRows(stack)).toBe(before);
});

test('killed in the middle and started again, it makes each client once', async () => {
  const clients = ids(4);
  const person = await withFile(clients);
  const args = ['batch', person.file, '--yes', '--no-plan', '--concurrency', '2'];
  // The providers are slow, so that two are under way and two have not been ordered.
  stack.sandbox.control.addFault({
    provider: 'supabase',
    operation: '*',
    mode: 'latency',
    delayMs: 1500,
    times: 4,
  });
  const before = await countRows(stack);
  const first = start(person, args);
  await until(async () => (await countRows(stack)) >= before + 2 || undefined, 'two to be ordered');
  first.child.kill('SIGKILL');
  await first.ended;

  const { code, stdout } = await run(person, args);

  expect({ code, stdout }).toEqual({ code: 0, stdout: containing('4 of 4 succeeded') });
  expect(clients.map(timesMade)).toEqual([1, 1, 1, 1]);
  expect(await countRows(stack)).toBe(before + 4);
});

test('killed after the order and before its result was written, it finds its own order again', async () => {
  const [clientId = ''] = ids(1);
  const person = await withFile([clientId]);
  const args = ['batch', person.file, '--yes', '--json'];
  const { stdout } = await run(person, args);
  const { provisioningId } = JSON.parse(stdout) as WrittenResult;
  // As the file would be: nothing was written yet.
  await writeFile(`${person.file}.results.json`, JSON.stringify({ url: stack.server.url, clients: {} }));

  const again = await run(person, args);

  expect(again.code).toBe(0);
  expect(JSON.parse(again.stdout)).toMatchObject({ clientId, outcome: 'succeeded', provisioningId });
  expect(timesMade(clientId)).toBe(1);
});

test('what has succeeded is not asked for again; what has failed and was undone is ordered anew', async () => {
  const [clientId = '', other = ''] = ids(2);
  const person = await withFile([clientId, other]);
  stack.sandbox.control.addFault({
    provider: 'github',
    operation: 'generateRepository',
    mode: 'reject',
    status: 422,
    body: { message: 'Validation Failed' },
    times: 1,
  });
  const args = ['batch', person.file, '--yes', '--concurrency', '1'];

  const first = await run(person, args);

  expect(first).toMatchObject({ code: 1, stdout: containing(`${clientId}  failed`) });
  expect(await resultsOf(person)).toMatchObject({
    [clientId]: { outcome: 'failed', attempt: 1, reason: containing('github-repo failed') },
    [other]: { outcome: 'succeeded', attempt: 1 },
  });

  const second = await run(person, args);

  expect(second).toMatchObject({ code: 0, stderr: containing('1 of 2 have succeeded already') });
  expect(await resultsOf(person)).toMatchObject({
    [clientId]: { outcome: 'succeeded', attempt: 2 },
    [other]: { outcome: 'succeeded', attempt: 1 },
  });
  expect(timesMade(other)).toBe(1);
});

test('a client that exists is left alone and named, and the others are made: exit code 1', async () => {
  const [existing = '', fresh = ''] = ids(2);
  const { id } = await stack.provision({ clientId: existing });
  await stack.waitUntilDone(id);
  const person = await withFile([existing, fresh]);

  const { code, stderr } = await run(person, ['batch', person.file, '--yes']);

  expect({ code, stderr }).toEqual({ code: 1, stderr: containing('exists already') });
  expect(await resultsOf(person)).toMatchObject({
    [existing]: { outcome: 'exists', provisioningId: id },
    [fresh]: { outcome: 'succeeded' },
  });
  expect(timesMade(existing)).toBe(1);
});

test('where no client would get through none is ordered', async () => {
  const person = await withFile(ids(2));
  stack.sandbox.control.revokeToken('vercel');
  const before = await countRows(stack);
  const { code, stderr } = await run(person, ['batch', person.file, '--yes']);
  expect({ code, stderr }).toEqual({ code: 1, stderr: containing('none was ordered') });
  expect(await countRows(stack)).toBe(before);
});

test('results of another server are not mistaken for one’s own', async () => {
  const person = await withFile(ids(1));
  await writeFile(
    `${person.file}.results.json`,
    JSON.stringify({ url: 'https://other.example', clients: {} }),
  );
  expect(await run(person, ['batch', person.file, '--yes'])).toMatchObject({
    code: 2,
    stderr: containing('https://other.example'),
  });
});

test('at a terminal it asks once, draws a bar, and an interruption ends it with 130', async () => {
  const clients = ids(2);
  const person = await withFile(clients);
  const terminal = openTerminal(person, ['batch', person.file]);
  await terminal.untilShown('Order 2 client(s)?');
  stack.sandbox.control.addFault({
    provider: 'n8n',
    operation: '*',
    mode: 'latency',
    delayMs: 2000,
    times: 2,
  });
  terminal.type('y');
  await terminal.untilShown('0 of 2');
  await until(() => clients.every((id) => timesMade(id) === 1) || undefined, 'both to be under way');

  terminal.type('\u0003');

  expect(await terminal.ended).toBe(130);
  const rest = await run(person, ['batch', person.file, '--yes']);
  expect(rest).toMatchObject({ code: 0, stdout: containing('2 of 2 succeeded') });
  expect(clients.map(timesMade)).toEqual([1, 1]);
});
