/** I8: who has lost its lease writes nothing and begins no call, whatever kept it from knowing. */
import { rm } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest';
import { makeServerFolder } from '../helpers/services/server-folder.ts';
import { backends } from '../helpers/stack.ts';
import { until } from '../helpers/until.ts';
import { startArena, type Arena } from './arena.ts';
import { postOrder, untilItHangs } from './one-order.ts';

describe.each(backends)('on %s', (backend) => {
  let arena: Arena;
  let directory: string;
  beforeEach(async () => {
    directory = await makeServerFolder();
    arena = await startArena(backend, directory, inject('postgresUrl'));
  });
  afterEach(async () => {
    await arena?.stop();
    await rm(directory, { recursive: true, force: true, maxRetries: 5 });
  });

  const order = async () => expect((await postOrder(arena, 'acme')).status).toBe(202);
  const untilSucceeded = () =>
    until(async () => {
      const { rows } = await arena.pool.query<{ status: string }>('select status from ledger.provisionings');
      return rows[0]?.status === 'succeeded' || undefined;
    }, 'the provisioning to succeed');
  /** Everything that a late writer could have changed. */
  async function readState() {
    const { rows } = await arena.pool.query<{ epoch: string; last_event: string }>(
      'select epoch, last_event from ledger.provisionings',
    );
    const calls = arena.sandbox.control.journal().filter(({ effect }) => effect !== 'none');
    return { ledger: rows, calls: calls.map(({ operation }) => operation) };
  }
  const keepTheCreate = () =>
    arena.sandbox.control.addFault({
      provider: 'github',
      operation: 'generateRepository',
      mode: 'hang-after',
      times: 1,
    });
  const oneOfEach = [
    'createProject',
    'generateRepository',
    'createVercelProject',
    'createDeployment',
    'createWorkflow',
    'publishWorkflow',
  ];
  const mark = (slot: number) => arena.slots[slot]?.child.takeOutput();
  const untilItGivesUp = (slot: number) =>
    until(
      () =>
        /was left to another worker|a job was interrupted/.test(
          arena.slots[slot]?.child.takeOutput() ?? '',
        ) || undefined,
      'the late worker to give up',
    );

  test('a worker that was frozen for longer than its lease goes on with nothing', async () => {
    keepTheCreate();
    await order();
    const slot = await untilItHangs(arena);
    mark(slot);
    arena.slots[slot].child.kill('SIGSTOP');
    await untilSucceeded();
    const before = await readState();

    arena.slots[slot].child.kill('SIGCONT');
    await untilItGivesUp(slot);

    expect(await readState()).toEqual(before);
    expect(before.calls.filter((call) => oneOfEach.includes(call))).toEqual(oneOfEach);
  });

  test('a worker that cannot reach the database for longer than its lease goes on with nothing', async () => {
    keepTheCreate();
    await order();
    const slot = await untilItHangs(arena);
    mark(slot);
    arena.slots[slot].database.hold();
    await untilSucceeded();
    const before = await readState();

    arena.slots[slot].database.release();
    await untilItGivesUp(slot);

    expect(await readState()).toEqual(before);
    expect(before.calls.filter((call) => oneOfEach.includes(call))).toEqual(oneOfEach);
  });

  test.each([3_600_000, -3_600_000])(
    'a clock that is %i ms off makes nothing twice and loses nothing',
    async (clockMs) => {
      arena.slots[0].child.moveClock(clockMs);
      keepTheCreate();
      await order();
      await untilSucceeded();

      const { calls } = await readState();
      expect(calls.filter((call) => oneOfEach.includes(call))).toEqual(oneOfEach);
    },
  );
});
