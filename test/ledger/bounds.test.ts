import { afterAll, beforeAll, expect, test } from 'vitest';
import { withFence } from '../../src/ledger/claims.ts';
import { beginStep, postponeStep } from '../../src/ledger/steps.ts';
import { startLedger, type TestLedger } from './support.ts';

let ledger: TestLedger;
beforeAll(async () => {
  ledger = await startLedger();
});
afterAll(() => ledger?.stop());

test('a step that looks again and again adds two events in all, not one for each look', async () => {
  const id = await ledger.accept();
  const key = { provisioningId: id, direction: 'run', position: 1, name: 'first' } as const;
  const wait = {
    waitingFor: 'it',
    delayMs: 1,
    error: undefined,
    endsInMs: undefined,
    isAway: false,
    sweepAfterMs: 1000,
  };
  const eventsOf = async () => {
    const { last_event: last } = await ledger.first<{ last_event: string }>(
      'select last_event from ledger.provisionings where id = $1',
      [id],
    );
    return Number(last);
  };
  const before = await eventsOf();

  for (let look = 1; look <= 300; look += 1) {
    await ledger.pool.query(
      `update ledger.provisionings
       set epoch = $2, lease_until = clock_timestamp() + interval '1 minute' where id = $1`,
      [id, look],
    );
    await withFence(ledger.pool, { provisioningId: id, epoch: look }, async (db) => {
      await beginStep(db, key);
      await postponeStep(db, key, wait);
    });
  }

  expect((await eventsOf()) - before).toBe(2);
});
