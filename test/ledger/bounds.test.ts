import { afterAll, beforeAll, expect, test } from 'vitest';
import { claimProvisioning } from '../../src/ledger/claims.ts';
import { writeAsHolder } from '../../src/ledger/holder.ts';
import { ungrouped } from '../../src/ledger/group-commit.ts';
import { postponeStep } from '../../src/ledger/steps.ts';
import { claimRequest, startLedger, type TestLedger } from './support.ts';

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
  };
  const transitions = ungrouped(ledger.pool);
  const eventsOf = async () => {
    const { last_event: last } = await ledger.first<{ last_event: string }>(
      'select last_event from ledger.provisionings where id = $1',
      [id],
    );
    return Number(last);
  };
  const before = await eventsOf();

  for (let look = 1; look <= 300; look += 1) {
    const result = await claimProvisioning(transitions, { ...claimRequest(id), step: key });
    if (result.is !== 'claimed') throw new Error(`it is ${result.is}`);
    await writeAsHolder(transitions, result.claim, {
      parts: [postponeStep(key, result.claim.begun?.wait, wait)],
      ending: { as: 'given-back', sweepAfterMs: 1000 },
    });
  }

  expect((await eventsOf()) - before).toBe(2);
});
