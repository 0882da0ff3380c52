/** What a worker hands on, a job of the same process takes up with its first write, unless anybody has come before it. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { LeaseLost, WasCancelled } from '../../src/errors.ts';
import { claimProvisioning, type Claim, type ClaimRequest } from '../../src/ledger/claims.ts';
import { advanceFlow } from '../../src/ledger/endings.ts';
import { ungrouped, type Transitions } from '../../src/ledger/group-commit.ts';
import { renewLease, withFence, writeAsHolder, type Holder, type Written } from '../../src/ledger/holder.ts';
import { cancelProvisioning } from '../../src/ledger/operator-acts.ts';
import { listDeadHolders, revokeLeases } from '../../src/ledger/presence.ts';
import { completeStep } from '../../src/ledger/steps.ts';
import { claimRequest, startLedger, type TestLedger } from './support.ts';

let ledger: TestLedger;
let transitions: Transitions;
beforeAll(async () => {
  ledger = await startLedger();
  transitions = ungrouped(ledger.pool);
});
afterAll(() => ledger?.stop());

const names = ['first', 'second'];
const run = (position: number) => ({ step: { direction: 'run', position } }) as const;

async function mustClaim(id: string, fields: Partial<ClaimRequest> = {}): Promise<Claim> {
  const result = await claimProvisioning(transitions, { ...claimRequest(id), ...fields });
  if (result.is !== 'claimed') throw new Error(`it is ${result.is}`);
  return result.claim;
}

/** Ends a step, and hands on to the one after it, or to the root job. */
function handOn(claim: Holder, position: number): Promise<Written> {
  const key = {
    provisioningId: claim.provisioningId,
    direction: 'run',
    position,
    name: names[position - 1] ?? '',
  } as const;
  const next = {
    direction: 'run',
    endedPosition: position,
    position: position < names.length ? position + 1 : undefined,
  } as const;
  return writeAsHolder(transitions, claim, {
    parts: [completeStep(key, { output: { n: position } })],
    ending: { as: 'handed-on', sweepAfterMs: 60_000, next },
  });
}

/** Accepts a provisioning whose first step was done and handed on, and returns what the second was told. */
async function handedOn() {
  const id = await ledger.accept();
  const claim = await mustClaim(id, run(1));
  const { next } = await handOn(claim, 1);
  if (next === undefined) throw new Error('nothing was handed on');
  return { id, before: claim, next, holder: { provisioningId: id, epoch: next.epoch, takesUp: true } };
}

const note = (holder: { provisioningId: string; epoch: number; takesUp: boolean }, isGate = false) =>
  writeAsHolder(transitions, holder, {
    parts: [],
    events: [{ type: 'test.noted', data: {} }],
    isGate,
    leaseMs: 60_000,
  });
const eventsOf = async (id: string) => {
  const { rows } = await ledger.pool.query<{ type: string; data: unknown }>(
    'select type, data from ledger.events where provisioning_id = $1 order by sequence',
    [id],
  );
  return rows.map(({ type, data }) => `${type} ${JSON.stringify(data)}`);
};
const stepOf = (id: string, position: number) =>
  ledger.first(
    `select status, attempts, interruptions from ledger.steps
     where provisioning_id = $1 and direction = 'run' and position = $2`,
    [id, position],
  );

test('the end of a step begins the one that follows, in one history', async () => {
  const { id, before, next } = await handedOn();

  expect(next).toMatchObject({
    epoch: before.epoch + 1,
    provisioning: { status: 'running' },
    step: { name: 'second', status: 'running', attempts: 1 },
    begun: { attempts: 1, interruptions: 0, wait: undefined, part: { effects: [], resources: [] } },
  });
  expect(await eventsOf(id)).toEqual([
    'provisioning.accepted {"by":"test"}',
    'step.started {"step":"first","attempt":1}',
    'step.succeeded {"step":"first"}',
    'step.started {"step":"second","attempt":1}',
  ]);
});

test('a step never begins before the one before it has ended, by the clock too', async () => {
  const { id } = await handedOn();

  expect(
    await ledger.first(
      `select second.started_at >= first.finished_at as in_order from ledger.steps first
       join ledger.steps second on second.provisioning_id = first.provisioning_id and second.position = 2
       where first.provisioning_id = $1 and first.position = 1`,
      [id],
    ),
  ).toEqual({ in_order: true });
});

test('its first write takes the lease, which others then wait for', async () => {
  const { id, holder } = await handedOn();

  await note(holder);

  expect(await claimProvisioning(transitions, { ...claimRequest(id), ...run(2) })).toMatchObject({
    is: 'busy',
  });
  await note({ ...holder, takesUp: false });
});

test('a renewal takes it, too, and a transaction can then be fenced', async () => {
  const { id, holder } = await handedOn();
  await expect(withFence(ledger.pool, holder, async () => {})).rejects.toBeInstanceOf(LeaseLost);

  expect(await renewLease(ledger.pool, holder, 60_000)).toBe('running');

  await withFence(ledger.pool, holder, async () => {});
  expect(await claimProvisioning(transitions, { ...claimRequest(id), ...run(2) })).toMatchObject({
    is: 'busy',
  });
});

test('nobody writes with it who does not say that the lease begins', async () => {
  const { holder, before } = await handedOn();

  await expect(note({ ...holder, takesUp: false })).rejects.toBeInstanceOf(LeaseLost);
  // Nor the one who has handed it on.
  await expect(note({ ...holder, epoch: before.epoch })).rejects.toBeInstanceOf(LeaseLost);
});

test('anybody else may claim instead: the step goes on, nothing is counted, and what was handed on is void', async () => {
  const { id, holder } = await handedOn();

  const { begun, epoch } = await mustClaim(id, run(2));

  expect(epoch).toBe(holder.epoch + 1);
  expect(begun).toMatchObject({ attempts: 1, interruptions: 0 });
  expect(await stepOf(id, 2)).toEqual({ status: 'running', attempts: 1, interruptions: 0 });
  expect((await eventsOf(id)).filter((event) => event.includes('second'))).toHaveLength(1);
  await expect(note(holder)).rejects.toBeInstanceOf(LeaseLost);
});

test('a step that was taken up and left by a worker that died was interrupted', async () => {
  const { id, holder } = await handedOn();
  await note(holder);
  await ledger.expire(id);

  expect((await mustClaim(id, run(2))).begun).toMatchObject({ attempts: 1, interruptions: 1 });
});

test('what a dead worker has handed on is void, and its work looked after at once', async () => {
  const { id, holder } = await handedOn();
  const { lease_holder: dead } = await ledger.first<{ lease_holder: string }>(
    'select lease_holder from ledger.provisionings where id = $1',
    [id],
  );
  expect(await listDeadHolders(ledger.pool)).toContain(dead);

  await revokeLeases(ledger.pool, [dead]);

  await expect(note(holder)).rejects.toBeInstanceOf(LeaseLost);
  await expect(renewLease(ledger.pool, holder, 60_000)).rejects.toBeInstanceOf(LeaseLost);
});

test('a new flow makes it void', async () => {
  const { id, holder } = await handedOn();

  expect(await advanceFlow(ledger.pool, id, 1, 60_000)).toBe(2);

  await expect(note(holder)).rejects.toBeInstanceOf(LeaseLost);
});

test('a cancel lets no call begin under it', async () => {
  const { id, holder } = await handedOn();
  await cancelProvisioning(ledger.pool, id, { by: 'test' }, async () => {});

  await expect(note(holder, true)).rejects.toBeInstanceOf(WasCancelled);
});

test('after a cancel nothing is handed on', async () => {
  const id = await ledger.accept();
  const claim = await mustClaim(id, run(1));
  await cancelProvisioning(ledger.pool, id, { by: 'test' }, async () => {});

  expect((await handOn(claim, 1)).next).toBeUndefined();
  expect(await stepOf(id, 2)).toMatchObject({ status: 'skipped', attempts: 0 });
});

test('the last step hands on to the root job, which may end the run', async () => {
  const { id, holder } = await handedOn();
  await note(holder);
  const { next } = await handOn({ provisioningId: id, epoch: holder.epoch }, 2);

  expect(next).toMatchObject({ epoch: holder.epoch + 1, step: undefined, begun: undefined });
  await writeAsHolder(
    transitions,
    { provisioningId: id, epoch: next?.epoch ?? 0, takesUp: true },
    { parts: [], ending: { as: 'succeeded', callback: undefined } },
  );
  expect(
    await ledger.first('select status, lease_until from ledger.provisionings where id = $1', [id]),
  ).toEqual({ status: 'succeeded', lease_until: null });
});
