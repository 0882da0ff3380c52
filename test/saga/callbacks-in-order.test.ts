import { afterEach, describe, expect, test } from 'vitest';
import { backends, startStack, type Stack } from '../helpers/stack.ts';
import { until } from '../helpers/until.ts';

let stack: Stack | undefined;
afterEach(async () => {
  await stack?.stop();
  stack = undefined;
});

interface Told {
  type: string;
  data: { sequence: number; status: string; rollback: { status: string } };
}

const toldTo = (running: Stack): Told[] =>
  running.sandbox.control.receivedCallbacks('caller').map(({ body }) => JSON.parse(body) as Told);

const typesOf = (running: Stack): string[] => toldTo(running).map(({ type }) => type);

describe.each(backends)('on %s', (backend) => {
  test('a callback whose turn has not come is sent as soon as the one before it has ended', async () => {
    stack = await startStack({ backend, environment: { CALLBACK_RETRY_BASE_MS: '400' } });
    const { control } = stack.sandbox;
    control.setDeploymentOutcome('ERROR');
    control.setReceiver('caller', { statuses: [500, 500, 500, 204] });
    const running = stack;
    const { id } = await stack.provision({ callbackUrl: `${stack.sandbox.urls.control}/receiver/caller` });
    await stack.waitUntilDone(id);
    await until(
      () => typesOf(running).includes('provisioning.rolled_back') || undefined,
      'both callbacks',
      15_000,
    );
    expect(typesOf(running)).toEqual([
      'provisioning.failed',
      'provisioning.failed',
      'provisioning.failed',
      'provisioning.failed',
      'provisioning.rolled_back',
    ]);
  });

  test('a failure is told at once: its undo has deleted nothing yet, however long that takes', async () => {
    stack = await startStack({ backend });
    const { control } = stack.sandbox;
    control.setDeploymentOutcome('ERROR');
    // The first deletion of the undo gets nowhere until the fault is lifted.
    control.addFault({
      provider: 'vercel',
      operation: 'deleteVercelProject',
      mode: 'hang-before',
      times: -1,
    });
    const { id } = await stack.provision({ callbackUrl: `${stack.sandbox.urls.control}/receiver/caller` });

    const running = stack;
    const [told] = await until(
      () => (toldTo(running).length > 0 ? toldTo(running) : undefined),
      'a callback',
    );

    expect(told).toMatchObject({
      type: 'provisioning.failed',
      data: { sequence: 1, status: 'failed', rollback: { status: 'pending' } },
    });
    expect(control.journal().filter(({ effect }) => effect === 'deleted')).toEqual([]);
    expect((await stack.show(id)).done).toBe(false);

    control.clearFaults();
    await stack.waitUntilDone(id);
    await until(() => typesOf(running).length === 2 || undefined, 'the second callback');
    expect(typesOf(stack)).toEqual(['provisioning.failed', 'provisioning.rolled_back']);
  });

  test('callbacks are numbered without gaps through pauses, resumes and a rollback, each with its own id and bytes', async () => {
    stack = await startStack({ backend });
    const { control } = stack.sandbox;
    control.setDeploymentOutcome('ERROR');
    // Every callback fails once before it is taken.
    control.setReceiver('caller', { statuses: [500, 204, 500, 204, 500, 204, 500, 204] });
    const running = stack;
    const post = (verb: string) => running.call(`/api/provisioning/${id}/${verb}`, { method: 'POST' });
    const untilPaused = (times: number) =>
      until(async () => {
        const { rows } = await running.pool.query<{ count: number }>(
          `select count(*)::int from ledger.callbacks where type = 'provisioning.paused'`,
        );
        return rows[0]?.count === times && (await running.show(id)).status === 'paused';
      }, `pause no. ${times}`);
    const { id } = await stack.provision({
      onFailure: 'pause',
      callbackUrl: `${stack.sandbox.urls.control}/receiver/caller`,
    });
    await untilPaused(1);
    expect((await post('resume')).status).toBe(202);
    await untilPaused(2);
    expect((await post('rollback')).status).toBe(202);
    await stack.waitUntilDone(id);
    await until(() => control.receivedCallbacks('caller').length === 8 || undefined, 'eight attempts');

    expect(toldTo(stack).map(({ type, data }) => `${data.sequence} ${type}`)).toEqual(
      [
        '1 provisioning.paused',
        '2 provisioning.paused',
        '3 provisioning.failed',
        '4 provisioning.rolled_back',
      ].flatMap((told) => [told, told]),
    );
    const attempts = control
      .receivedCallbacks('caller')
      .map(({ headers, body }) => `${headers['webhook-id']} ${body}`);
    expect(attempts.filter((attempt, index) => index % 2 === 1 && attempt !== attempts[index - 1])).toEqual(
      [],
    );
    expect(new Set(attempts).size).toBe(4);
  });

  test('a receiver that is gone is told nothing more, not even of what happens later', async () => {
    stack = await startStack({ backend });
    const { control } = stack.sandbox;
    control.setDeploymentOutcome('ERROR');
    control.setTiming({ projectRemovalMs: 1500 });
    control.setReceiver('caller', { status: 410 });
    const { pool } = stack;
    const { id } = await stack.provision({ callbackUrl: `${stack.sandbox.urls.control}/receiver/caller` });
    await stack.waitUntilDone(id);
    const { rows } = await pool.query('select type, state from ledger.callbacks order by sequence');
    expect(rows).toEqual([
      { type: 'provisioning.failed', state: 'stopped' },
      { type: 'provisioning.rolled_back', state: 'stopped' },
    ]);
    expect(typesOf(stack)).toEqual(['provisioning.failed']);
  });
});
