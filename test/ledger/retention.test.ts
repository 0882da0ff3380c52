import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { addCallback } from '../../src/ledger/callbacks.ts';
import { appendEvent } from '../../src/ledger/events.ts';
import { deleteUndone } from '../../src/ledger/retention.ts';
import { startLedger, type TestLedger } from './support.ts';

let ledger: TestLedger;
beforeAll(async () => {
  ledger = await startLedger();
});
afterAll(() => ledger?.stop());

const ways = {
  queued: [],
  paused: ['running/none', 'paused/none'],
  succeeded: ['running/none', 'succeeded/none'],
  failing: ['failed/pending', 'failed/running'],
  incomplete: ['cancelled/pending', 'cancelled/running', 'cancelled/incomplete'],
  failed: ['failed/pending', 'failed/running', 'failed/completed'],
  cancelled: ['cancelled/pending', 'cancelled/running', 'cancelled/completed'],
  offboarded: [
    'running/none',
    'succeeded/none',
    'succeeded/pending',
    'succeeded/running',
    'succeeded/completed',
  ],
} as const;

async function reach(way: keyof typeof ways, daysAgo: number): Promise<string> {
  const id = await ledger.accept({ callbackUrl: 'https://receiver.example' });
  for (const state of ways[way])
    await ledger.pool.query(
      `update ledger.provisionings set status = $2, rollback_status = $3,
         finished_at = clock_timestamp() - $4 * interval '1 day' where id = $1`,
      [id, ...state.split('/'), daysAgo],
    );
  return id;
}

async function isThere(id: string): Promise<boolean> {
  const { rowCount } = await ledger.pool.query('select 1 from ledger.provisionings where id = $1', [id]);
  return rowCount === 1;
}

test.each(['failed', 'cancelled', 'offboarded'] as const)(
  'one that is %s, undone completely and long ago, goes with everything that belongs to it',
  async (way) => {
    const id = await reach(way, 8);
    await appendEvent(ledger.pool, id, 'test.event', {});
    const callback = randomUUID();
    await addCallback(ledger.pool, {
      id: callback,
      provisioningId: id,
      sequence: 1,
      type: 'test',
      body: '{}',
    });
    await ledger.pool.query(
      `insert into ledger.effects (provisioning_id, step, name, verb, natural_key, mark, epoch)
       values ($1, 'first', 'create', 'create', 'name', 'mark', 1)`,
      [id],
    );
    await ledger.pool.query(
      `insert into ledger.resources (provisioning_id, effect_id, step, kind, external_id, name, origin, state)
       select $1, id, 'first', 'kind', id, 'name', 'created', 'deleted' from ledger.effects
       where provisioning_id = $1`,
      [id],
    );
    await ledger.pool.query(
      `insert into ledger.callback_attempts (callback_id, attempt, duration_ms) values ($1, 1, 1)`,
      [callback],
    );
    expect(await deleteUndone(ledger.pool, 7, 100)).toBe(0);
    await ledger.pool.query(`update ledger.callbacks set state = 'delivered' where id = $1`, [callback]);

    expect(await deleteUndone(ledger.pool, 7, 100)).toBe(1);

    expect(await isThere(id)).toBe(false);
    for (const table of ['steps', 'effects', 'resources', 'events', 'callbacks']) {
      const { rows } = await ledger.pool.query(`select 1 from ledger.${table} where provisioning_id = $1`, [
        id,
      ]);
      expect(rows).toEqual([]);
    }
  },
);

test.each(['queued', 'paused', 'succeeded', 'failing', 'incomplete'] as const)(
  'one that is %s stays, however old it is',
  async (way) => {
    const id = await reach(way, 10_000);
    await deleteUndone(ledger.pool, 1, 100);
    expect(await isThere(id)).toBe(true);
  },
);

test('one whose time is not over stays', async () => {
  const id = await reach('failed', 6);
  await deleteUndone(ledger.pool, 7, 100);
  expect(await isThere(id)).toBe(true);
});

test('no more go at once than asked for, the oldest first', async () => {
  const [young, old] = [await reach('failed', 20), await reach('failed', 30)];
  expect(await deleteUndone(ledger.pool, 10, 1)).toBe(1);
  expect([await isThere(young), await isThere(old)]).toEqual([true, false]);
});
