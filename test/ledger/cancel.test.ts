import { afterAll, beforeAll, expect, test } from 'vitest';
import { LeaseLost, WasCancelled } from '../../src/errors.ts';
import { claimProvisioning, type Claim } from '../../src/ledger/claims.ts';
import { renewLease, writeAsHolder, type HolderWrite } from '../../src/ledger/holder.ts';
import { planRollback } from '../../src/ledger/endings.ts';
import { ungrouped } from '../../src/ledger/group-commit.ts';
import { cancelProvisioning, resumeProvisioning } from '../../src/ledger/operator-acts.ts';
import { completeStep, failStep, postponeStep } from '../../src/ledger/steps.ts';
import { claimRequest, startLedger, type TestLedger } from './support.ts';

let ledger: TestLedger;
beforeAll(async () => {
  ledger = await startLedger();
});
afterAll(() => ledger?.stop());

const actor = { by: 'admin' };
const cancel = (id: string) => cancelProvisioning(ledger.pool, id, actor, () => Promise.resolve());

/** Claims it for the job of its first step, which is begun by that. */
async function claim(provisioningId: string): Promise<Claim> {
  const result = await claimProvisioning(ungrouped(ledger.pool), {
    ...claimRequest(provisioningId),
    step: { direction: 'run', position: 1 },
  });
  if (result.is !== 'claimed') throw new Error(`it is ${result.is}`);
  return result.claim;
}

const keyOf = (provisioningId: string) =>
  ({ provisioningId, direction: 'run', position: 1, name: 'first' }) as const;
const write = (claimed: Claim, written: HolderWrite) =>
  writeAsHolder(ungrouped(ledger.pool), claimed, written);
const handedOn = { as: 'handed-on', sweepAfterMs: 60_000 } as const;

const stateOf = (id: string) =>
  ledger.first<{ state: string; is_due: boolean; last_event: string }>(
    `select status || '/' || rollback_status as state, sweep_at <= clock_timestamp() as is_due, last_event
     from ledger.provisionings where id = $1`,
    [id],
  );

async function stepsOf(id: string): Promise<string[]> {
  const { rows } = await ledger.pool.query<{ step: string }>(
    `select direction || ' ' || name || ' ' || status as step from ledger.steps
     where provisioning_id = $1 order by direction, position`,
    [id],
  );
  return rows.map(({ step }) => step);
}

test('a step that has not begun does not begin any more', async () => {
  const id = await ledger.accept();
  expect(await cancel(id)).toBe(true);

  expect((await claim(id)).begun).toBeUndefined();
  expect(await stateOf(id)).toMatchObject({ state: 'cancelled/pending' });
  expect(await stepsOf(id)).toEqual(['run first skipped', 'run second skipped']);
});

test.each(['waiting', 'running'])('a %s step is not begun again', async (status) => {
  const id = await ledger.accept();
  expect((await claim(id)).begun).toMatchObject({ attempts: 1 });
  await ledger.pool.query(`update ledger.steps set status = $2 where provisioning_id = $1 and position = 1`, [
    id,
    status,
  ]);
  await cancel(id);
  await ledger.expire(id);

  expect((await claim(id)).begun).toBeUndefined();
  // Whoever asks.
  await expect(
    ledger.pool.query(
      `update ledger.steps set status = 'running', interruptions = interruptions + 1
       where provisioning_id = $1 and position = 1`,
      [id],
    ),
  ).rejects.toMatchObject({ code: '23514' });
  expect(await stateOf(id)).toMatchObject({ state: 'cancelled/pending' });
});

test('a call that has not begun does not begin any more, and nothing of it is written', async () => {
  const id = await ledger.accept();
  const claimed = await claim(id);
  await cancel(id);
  const before = await stateOf(id);

  await expect(
    write(claimed, { isGate: true, parts: [], events: [{ type: 'test.event', data: {} }] }),
  ).rejects.toBeInstanceOf(WasCancelled);
  expect(await stateOf(id)).toEqual(before);
});

test('a step that is under way may be recorded as done, and its undo is due at once', async () => {
  const id = await ledger.accept();
  const claimed = await claim(id);
  await cancel(id);

  expect(await renewLease(ledger.pool, claimed, 60_000)).toBe('cancelled');
  await write(claimed, { parts: [completeStep(keyOf(id), { output: {} })], ending: handedOn });

  expect(await stepsOf(id)).toEqual(['run first succeeded', 'run second skipped', 'undo first pending']);
  expect(await stateOf(id)).toMatchObject({ state: 'cancelled/pending', is_due: true });
});

test('a step that has to wait after the cancel does not hold up its undo', async () => {
  const id = await ledger.accept();
  const claimed = await claim(id);
  await cancel(id);
  const wait = {
    waitingFor: 'it',
    delayMs: 3_600_000,
    error: undefined,
    endsInMs: undefined,
    isAway: false,
  };
  await write(claimed, {
    parts: [postponeStep(keyOf(id), undefined, wait)],
    ending: { as: 'given-back', sweepAfterMs: 3_660_000 },
  });

  expect(await stateOf(id)).toMatchObject({ is_due: true });
});

test('a step that fails after the cancel fails nothing else', async () => {
  const id = await ledger.accept();
  const claimed = await claim(id);
  await cancel(id);
  const before = await stateOf(id);
  const failure = { step: 'first', code: 'internal-error', message: 'no', at: '2026-01-01' } as const;
  const ending = { as: 'failed', failure, callback: undefined, sweepAfterMs: 1000 } as const;

  await expect(
    write(claimed, { parts: [failStep(keyOf(id), failure), ...planRollback(id)], ending }),
  ).rejects.toMatchObject({ code: '23514' });
  expect(await stateOf(id)).toEqual(before);
});

test('nobody claims it while the one who works on it holds the lease', async () => {
  const id = await ledger.accept();
  await claim(id);
  await cancel(id);

  await expect(claim(id)).rejects.toThrow('it is busy');
});

test('of a cancel and a success at once exactly one wins, every time', async () => {
  const winners = new Set<string>();
  for (let round = 0; round < 30; round += 1) {
    const id = await ledger.accept();
    const claimed = await claim(id);
    await ledger.pool.query(`update ledger.steps set status = 'succeeded' where provisioning_id = $1`, [id]);
    const succeed = () => write(claimed, { parts: [], ending: { as: 'succeeded', callback: undefined } });
    const isDone = (work: Promise<unknown>) => work.then(() => true).catch(() => false);

    const contest = round % 2 === 0 ? [isDone(succeed()), cancel(id)] : [cancel(id), isDone(succeed())];
    const results = await Promise.all(contest);

    expect(results.filter(Boolean)).toHaveLength(1);
    const { state } = await stateOf(id);
    expect(['succeeded/none', 'cancelled/pending']).toContain(state);
    winners.add(state);
  }
  expect(winners.size).toBe(2);
});

test('of a cancel and a resume at once the cancel wins in the end, or comes too late for nothing', async () => {
  const id = await ledger.accept();
  await ledger.pool.query(`update ledger.provisionings set status = 'running' where id = $1`, [id]);
  await ledger.pool.query(
    `update ledger.provisionings set status = 'paused', sweep_at = null where id = $1`,
    [id],
  );
  await Promise.all([cancel(id), resumeProvisioning(ledger.pool, id, actor)]);

  expect(await stateOf(id)).toMatchObject({ state: 'cancelled/pending', is_due: true });
});

test('many cancels at once are one, and each is told that it is cancelled', async () => {
  const id = await ledger.accept();
  expect(await Promise.all(Array.from({ length: 10 }, () => cancel(id)))).toEqual(Array(10).fill(true));
  const { rows } = await ledger.pool.query(
    `select data from ledger.events where provisioning_id = $1 and type = 'provisioning.cancelled'`,
    [id],
  );
  expect(rows).toEqual([{ data: actor }]);
});

test('a stale claim cannot be renewed because of a cancel', async () => {
  const id = await ledger.accept();
  const claimed = await claim(id);
  await ledger.pool.query(`update ledger.provisionings set lease_until = clock_timestamp() where id = $1`, [
    id,
  ]);
  await cancel(id);
  await expect(renewLease(ledger.pool, claimed, 1000)).rejects.toBeInstanceOf(LeaseLost);
});
