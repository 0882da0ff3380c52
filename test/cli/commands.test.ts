/** The commands against the whole product, without a terminal: what they print, and how they end. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { newClientId, startStack, type ShownProvisioning, type Stack } from '../helpers/stack.ts';
import { until } from '../helpers/until.ts';
import { makeKey, untilReady } from '../server/support.ts';
import { admin, orderArgs, run, start, type Person } from './support.ts';

let stack: Stack;
beforeAll(async () => {
  stack = await startStack({ backend: 'redis' });
  await untilReady(stack);
});
beforeEach(() => stack.sandbox.control.reset());
afterAll(() => stack?.stop());

const containing = (text: string) => expect.stringContaining(text) as string;

/** Somebody signed in, and a client that has succeeded. */
async function withClient(): Promise<{ person: Person; clientId: string; id: string }> {
  const clientId = newClientId();
  const { id } = await stack.provision({ clientId });
  await stack.waitUntilDone(id);
  return { person: await admin(stack), clientId, id };
}

async function withPaused(): Promise<{ person: Person; clientId: string; id: string }> {
  stack.sandbox.control.setDeploymentOutcome('ERROR');
  const clientId = newClientId();
  const { id } = await stack.provision({ clientId, onFailure: 'pause' });
  await until(async () => (await stack.show(id)).status === 'paused' || undefined, 'it to be paused');
  return { person: await admin(stack), clientId, id };
}

describe('create', () => {
  test('orders a client and ends once the order is accepted', async () => {
    const clientId = newClientId();
    const { code, stdout } = await run(await admin(stack), ['create', clientId, ...orderArgs]);
    expect(code).toBe(0);
    const id = /provisioning ([0-9a-f-]{36})/.exec(stdout)?.[1] ?? '';
    expect(await stack.waitUntilDone(id)).toMatchObject({ clientId, status: 'succeeded' });
  });

  test('with --watch tells each change on stderr and the result on stdout', async () => {
    const clientId = newClientId();
    const { code, stdout, stderr } = await run(await admin(stack), [
      'create',
      clientId,
      ...orderArgs,
      '--watch',
    ]);
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(stderr).toMatch(new RegExp(`^${clientId}  n8n-webhooks +succeeded$`, 'm'));
    expect(stderr).toMatch(new RegExp(`^${clientId}  succeeded$`, 'm'));
    expect(stdout).toContain('vercelDeploymentUrl');
    expect(stdout + stderr).not.toContain('\u001b');
  });

  test('with --watch exits with 1 where the provisioning fails, and says why and what to do', async () => {
    stack.sandbox.control.setDeploymentOutcome('ERROR');
    const args = ['create', newClientId(), ...orderArgs, '--watch'];
    const { code, stdout } = await run(await admin(stack), args);
    expect(code).toBe(1);
    expect(stdout).toContain('vercel-deployment failed');
    expect(stdout).toContain('What to do:');
  });

  test('with --watch and --json each event is a line, and the last line is the provisioning', async () => {
    const args = ['create', newClientId(), ...orderArgs, '--watch', '--json'];
    const { code, stdout } = await run(await admin(stack), args);
    expect(code).toBe(0);
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, never>);
    const sequences = lines.flatMap(({ event }) => (event === undefined ? [] : [event['sequence']]));
    expect(sequences).toEqual(sequences.map((_, index) => index + 1));
    expect(sequences.length).toBeGreaterThan(5);
    expect(lines.at(-1)).toMatchObject({ provisioning: { status: 'succeeded' } });
  });

  test('with the same idempotency key makes nothing twice', async () => {
    const args = ['create', newClientId(), ...orderArgs, '--json', '--idempotency-key', 'order-4711'];
    const person = await admin(stack);
    const first = JSON.parse((await run(person, args)).stdout) as { id: string };
    const second = JSON.parse((await run(person, args)).stdout) as { id: string };
    expect(second.id).toBe(first.id);
  });

  test('of a client that exists exits with 5 and names its provisioning', async () => {
    const { person, clientId, id } = await withClient();
    const { code, stderr, stdout } = await run(person, ['create', clientId, ...orderArgs, '--json']);
    expect({ code, stderr }).toEqual({ code: 5, stderr: containing(`show ${id}`) });
    expect(JSON.parse(stdout)).toMatchObject({ code: 'client-exists', provisioningId: id });
  });

  test('of fields that the API refuses exits with 2 and names them', async () => {
    const args = ['create', newClientId(), ...orderArgs, '--callback-url', 'http://hooks.example'];
    expect(await run(await admin(stack), args)).toMatchObject({
      code: 2,
      stderr: containing('/callbackUrl'),
    });
  });
});

describe('what cannot be done', () => {
  test.each([
    ['no command', [], 2],
    ['an unknown command', ['lst'], 2],
    ['an unknown option', ['list', '--colour'], 2],
    ['a missing option', ['create', 'acme', '--name', 'Acme'], 2],
    ['a name that is no client id', ['show', 'Acme!'], 2],
    ['a client that is not there', ['show', 'nobody-at-all'], 4],
    ['an id that is not there', ['show', 'aaaaaaaa-aaaa-4aaa-aaaa-aaaaaaaaaaaa'], 4],
  ])('%s exits with its own code', async (_name, args, code) => {
    const ended = await run(await admin(stack), args);
    expect(ended).toMatchObject({ code, stdout: '' });
    expect(ended.stderr).not.toContain('at file://');
  });

  test('a key that does not count, and a role that is too small, exit with 3', async () => {
    const wrong = await admin(stack, { PROVISIONER_KEY: 'x'.repeat(40) });
    expect(await run(wrong, ['list'])).toMatchObject({ code: 3, stderr: containing('401') });
    const { token } = await makeKey(stack, 'viewer');
    const viewer = await admin(stack, { PROVISIONER_KEY: token });
    expect(await run(viewer, ['create', newClientId(), ...orderArgs])).toMatchObject({
      code: 3,
      stderr: containing('403 forbidden'),
    });
  });
});

describe('looking', () => {
  test('a client is shown by its id and by its provisioning’s, in words and as the API says it', async () => {
    const { person, clientId, id } = await withClient();
    const byName = await run(person, ['show', clientId]);
    expect(byName).toMatchObject({ code: 0, stderr: '' });
    expect(byName.stdout).toContain(`client-${clientId}-prod`);
    expect((await run(person, ['show', id])).stdout).toBe(byName.stdout);
    expect(JSON.parse((await run(person, ['show', clientId, '--json'])).stdout)).toEqual(
      await stack.show(id),
    );
  });

  test('all pages of a list are read with --all', async () => {
    const { person } = await withClient();
    for (let count = 0; count < 3; count += 1) {
      const { id } = await stack.provision();
      await stack.waitUntilDone(id);
    }
    const count = async (args: string[]) => {
      const { stdout } = await run(person, ['list', '--json', ...args]);
      return (JSON.parse(stdout) as { items: unknown[] }).items.length;
    };
    expect(await count(['--limit', '2'])).toBe(2);
    expect(await count(['--all'])).toBeGreaterThanOrEqual(4);
    expect((await run(person, ['list', '--limit', '2'])).stderr).toContain('There are more');
  });

  test('a plan says what would be made, and exits with 1 where the client is taken', async () => {
    const { person, clientId } = await withClient();
    const free = await run(person, ['plan', newClientId()]);
    expect(free).toMatchObject({ code: 0, stdout: containing('would make github.repository') });
    const taken = await run(person, ['plan', clientId]);
    expect(taken).toMatchObject({ code: 1, stdout: containing('is taken (client-exists)') });
  });

  test('a preflight exits with 1 where a check fails, and says what to do', async () => {
    const person = await admin(stack);
    expect(await run(person, ['preflight'])).toMatchObject({ code: 0 });
    stack.sandbox.control.revokeToken('n8n');
    const { code, stdout } = await run(person, ['preflight']);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^✗ n8n api: .*\n {4}Renew N8N_API_KEY/m);
  });

  test('orphans are listed as the API says it, and none is exit code 0', async () => {
    const person = await admin(stack);
    const { code, stdout } = await run(person, ['orphans', '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ items: [], errors: [] });
    expect((await run(person, ['orphans'])).stdout).toMatch(/^(No worker has looked yet|Looked at)/);
  });

  test('the doctor asks server and worker, and exits with 1 where something does not hold', async () => {
    const person = await admin(stack);
    const { code, stdout } = await run(person, ['doctor']);
    expect({ code, failed: stdout.match(/^✗.*$/gm) }).toEqual({ code: 0, failed: null });
    expect(stdout).toMatch(/^✓ server: .* is ready$/m);
    expect(stdout).toMatch(/^✓ n8n api: /m);
    stack.sandbox.control.revokeToken('supabase');
    const ill = await run(person, ['doctor', '--json']);
    expect(ill.code).toBe(1);
    expect(JSON.parse(ill.stdout)).toMatchObject({ ok: false });
  });

  test('what the API says cannot steer the terminal', async () => {
    const { person, clientId, id } = await withClient();
    await stack.pool.query(
      `update ledger.resources set name = E'evil\\u001b[2Jname' where provisioning_id = $1`,
      [id],
    );
    const { stdout } = await run(person, ['show', clientId]);
    expect(stdout).toContain('evil?[2Jname');
    expect(stdout).not.toContain('\u001b');
  });
});

describe('deciding', () => {
  test('offboarding without a terminal needs --confirm with the client id', async () => {
    const { person, clientId, id } = await withClient();
    for (const args of [[], ['--yes'], ['--confirm', 'other']])
      expect(await run(person, ['offboard', clientId, ...args])).toMatchObject({ code: 2 });
    expect((await stack.show(id)).rollback.status).toBe('none');

    const args = ['offboard', clientId, '--confirm', clientId, '--reason', 'the contract ended', '--watch'];
    const { code, stdout } = await run(person, args);

    expect({ code, stdout }).toEqual({ code: 0, stdout: containing('offboarded') });
    expect(stack.sandbox.control.objects()).toEqual([]);
  });

  test('a client that works is not rolled back but offboarded: exit code 5', async () => {
    const { person, clientId, id } = await withClient();
    const ended = await run(person, ['rollback', clientId, '--confirm', clientId]);
    expect(ended).toMatchObject({ code: 5, stderr: containing(`offboard ${clientId}`) });
    expect((await stack.show(id)).rollback.status).toBe('none');
    for (const verb of ['cancel', 'resume'])
      expect(await run(person, [verb, clientId])).toMatchObject({ code: 5 });
  });

  test('a paused one is resumed, and watched to its success', async () => {
    const { person, clientId } = await withPaused();
    const watched = await run(person, ['watch', clientId]);
    expect(watched).toMatchObject({ code: 1, stdout: containing('paused') });
    expect(watched.stdout).toContain(`Then resume ${clientId}.`);
    stack.sandbox.control.setDeploymentOutcome('READY');
    const ended = await run(person, ['resume', clientId, '--watch', '--reason', 'the build is fixed']);
    expect(ended).toMatchObject({ code: 0, stdout: containing('succeeded') });
  });

  test('a paused one is undone only when its name is given', async () => {
    const { person, clientId } = await withPaused();
    expect(await run(person, ['rollback', clientId, '--yes'])).toMatchObject({ code: 2 });
    expect(await run(person, ['rollback', clientId, '--confirm', clientId, '--watch'])).toMatchObject({
      code: 0,
    });
    expect(stack.sandbox.control.objects()).toEqual([]);
  });

  test('a paused one is cancelled, with its reason in the history', async () => {
    const { person, clientId, id } = await withPaused();
    expect(await run(person, ['cancel', clientId, '--reason', 'not wanted', '--watch'])).toMatchObject({
      code: 0,
    });
    const events = await (await stack.call(`/api/provisioning/${id}/events`)).text();
    expect(events).toContain('not wanted');
  });

  test('a resource that was left is forgotten by its kind, and the rollback is complete', async () => {
    const { person, clientId, id } = await withClient();
    stack.sandbox.control.refuseDelete('github.repository', true);
    const offboarded = await run(person, ['offboard', clientId, '--confirm', clientId, '--watch']);
    expect(offboarded).toMatchObject({ code: 1, stdout: containing('Left: github.repository') });
    const forget = ['forget', clientId, 'github.repository', '--reason', 'kept on purpose'];
    expect(await run(person, forget)).toMatchObject({ code: 2 });
    expect(await run(person, ['forget', clientId, 'nothing', '--reason', 'r'])).toMatchObject({ code: 4 });

    expect(await run(person, [...forget, '--confirm', clientId])).toMatchObject({ code: 0 });

    expect(await stack.show(id)).toMatchObject({ rollback: { status: 'completed' } });
  });

  test('callbacks are listed, and sent again by their id', async () => {
    const { control } = stack.sandbox;
    const callbackUrl = `${stack.sandbox.urls.control}/receiver/cli`;
    const clientId = newClientId();
    const { id }: ShownProvisioning = await stack.provision({ clientId, callbackUrl });
    await stack.waitUntilDone(id);
    await until(() => control.receivedCallbacks('cli').length === 1 || undefined, 'the callback');
    const person = await admin(stack);
    const listed = await until(async () => {
      const { stdout } = await run(person, ['callbacks', clientId, '--json']);
      const { items } = JSON.parse(stdout) as { items: { id: string; state: string }[] };
      return items[0]?.state === 'delivered' ? items[0] : undefined;
    }, 'the delivery to be written down');

    expect(await run(person, ['callbacks', clientId, '--redeliver', listed.id])).toMatchObject({
      code: 0,
      stdout: containing('Sent again: 1.'),
    });

    await until(() => control.receivedCallbacks('cli').length === 2 || undefined, 'it to come again');
    expect(await run(person, ['callbacks', clientId, '--redeliver', id])).toMatchObject({ code: 4 });
  });
});

test('an interrupted command exits with 130, and what was ordered goes on', async () => {
  stack.sandbox.control.addFault({
    provider: 'github',
    operation: '*',
    mode: 'latency',
    delayMs: 2000,
    times: 1,
  });
  const clientId = newClientId();
  const running = start(await admin(stack), ['create', clientId, ...orderArgs, '--watch']);
  let stderr = '';
  running.child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  await until(() => stderr.includes('running') || undefined, 'the first step to run');
  running.child.kill('SIGINT');
  expect(await running.ended).toMatchObject({ code: 130 });
  const { items } = (await (await stack.call(`/api/provisioning?clientId=${clientId}`)).json()) as {
    items: { id: string }[];
  };
  expect(await stack.waitUntilDone(items[0]?.id ?? '')).toMatchObject({ status: 'succeeded' });
});
