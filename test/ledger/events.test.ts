import { afterAll, beforeAll, expect, test } from 'vitest';
import { appendEvent } from '../../src/ledger/events.ts';
import { inTransaction } from '../../src/ledger/pool.ts';
import { startLedger, type TestLedger } from './support.ts';

let ledger: TestLedger;
beforeAll(async () => {
  ledger = await startLedger();
});
afterAll(() => ledger?.stop());

async function sequencesOf(id: string): Promise<number[]> {
  const { rows } = await ledger.pool.query<{ sequence: string }>(
    'select sequence from ledger.events where provisioning_id = $1 order by sequence',
    [id],
  );
  return rows.map(({ sequence }) => Number(sequence));
}

test('twenty appends at once are numbered without a gap, even when some are rolled back', async () => {
  const id = await ledger.accept();

  const results = await Promise.allSettled(
    Array.from({ length: 20 }, (_, index) =>
      inTransaction(ledger.pool, async (db) => {
        await appendEvent(db, id, 'test.event', { index });
        if (index % 4 === 3) throw new Error('rolled back');
      }),
    ),
  );

  expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(15);
  // The first was there before: the provisioning was accepted.
  expect(await sequencesOf(id)).toEqual(Array.from({ length: 16 }, (_, index) => index + 1));
});

test('each provisioning counts its own', async () => {
  const [first, second] = [await ledger.accept(), await ledger.accept()];

  await Promise.all([first, second].map((id) => appendEvent(ledger.pool, id, 'test.event', {})));

  expect(await sequencesOf(first)).toEqual([1, 2]);
  expect(await sequencesOf(second)).toEqual([1, 2]);
});

test('what happened is not rewritten', async () => {
  const id = await ledger.accept();

  await expect(
    ledger.pool.query(`update ledger.events set data = '{}' where provisioning_id = $1`, [id]),
  ).rejects.toMatchObject({ code: '23514', message: 'ledger.events is append-only' });
});

test('what happened is not deleted', async () => {
  const id = await ledger.accept();

  await expect(
    ledger.pool.query('delete from ledger.events where provisioning_id = $1', [id]),
  ).rejects.toMatchObject({ code: '23514' });
});

test('a history goes with its provisioning', async () => {
  const id = await ledger.accept();

  await ledger.pool.query('delete from ledger.provisionings where id = $1', [id]);

  expect(await sequencesOf(id)).toEqual([]);
});

test('an event of no provisioning is refused', async () => {
  await expect(
    appendEvent(ledger.pool, '00000000-0000-4000-8000-000000000000', 'test.event', {}),
  ).rejects.toMatchObject({ code: '23503' });
});

test('an event marks its provisioning as changed', async () => {
  const id = await ledger.accept();
  const updatedAt = () =>
    ledger.first<{ updated_at: Date }>('select updated_at from ledger.provisionings where id = $1', [id]);
  const before = await updatedAt();

  await appendEvent(ledger.pool, id, 'test.event', {});

  expect((await updatedAt()).updated_at.getTime()).toBeGreaterThan(before.updated_at.getTime() - 1);
  expect(await updatedAt()).not.toEqual(before);
});
