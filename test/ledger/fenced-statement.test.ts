/** The one statement in which a worker writes: all of it, or nothing; and only while it holds the lease. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WasCancelled } from '../../src/errors.ts';
import { claimProvisioning, type Claim, type ClaimRequest } from '../../src/ledger/claims.ts';
import { insertIntent } from '../../src/ledger/effects.ts';
import { ungrouped } from '../../src/ledger/group-commit.ts';
import { renewLease, writeAsHolder } from '../../src/ledger/holder.ts';
import { cancelProvisioning } from '../../src/ledger/operator-acts.ts';
import { inTransaction } from '../../src/ledger/pool.ts';
import { completeStep, mergeOutput } from '../../src/ledger/steps.ts';
import { listOverdue } from '../../src/ledger/sweep.ts';
import { claimRequest, startLedger, type TestLedger } from './support.ts';

let ledger: TestLedger;
beforeAll(async () => {
  ledger = await startLedger();
});
afterAll(() => ledger?.stop());

async function mustClaim(provisioningId: string, fields: Partial<ClaimRequest> = {}): Promise<Claim> {
  const result = await claimProvisioning(ungrouped(ledger.pool), {
    ...claimRequest(provisioningId),
    ...fields,
  });
  if (result.is !== 'claimed') throw new Error(`it is ${result.is}`);
  return result.claim;
}

const rowOf = (id: string) => ledger.first(`select * from ledger.provisionings where id = $1`, [id]);
const outputOf = (id: string) =>
  ledger.first(`select output from ledger.steps where provisioning_id = $1 and position = 1`, [id]);

describe('a fenced statement', () => {
  const merge = (id: string, output: object) => mergeOutput({ provisioningId: id, name: 'first' }, output);

  test('writes all of its parts, and its events in their order', async () => {
    const id = await ledger.accept();
    const claimed = await mustClaim(id, { step: { direction: 'run', position: 1 } });
    const key = { provisioningId: id, step: 'first', name: 'create it' };
    const intent = { verb: 'create', naturalKey: 'it', mark: 'mark', epoch: claimed.epoch } as const;

    const { rows } = await writeAsHolder(ungrouped(ledger.pool), claimed, {
      events: [{ type: 'test.event', data: { n: 1 } }],
      parts: [insertIntent(key, { ...intent, id: randomUUID(), absentAt: undefined }), merge(id, { n: 2 })],
    });

    expect(rows).toEqual([expect.objectContaining({ name: 'create it', state: 'intended' }), undefined]);
    expect(await outputOf(id)).toEqual({ output: { n: 2 } });
    const { rows: events } = await ledger.pool.query<{ sequence: string; type: string }>(
      'select sequence, type from ledger.events where provisioning_id = $1 order by sequence',
      [id],
    );
    expect(events.map(({ sequence, type }) => `${sequence} ${type}`)).toEqual([
      '1 provisioning.accepted',
      '2 step.started',
      '3 effect.intended',
      '4 test.event',
    ]);
    expect(await rowOf(id)).toMatchObject({ last_event: '4' });
  });

  test('of which one part does not change what it must leaves nothing behind', async () => {
    const id = await ledger.accept();
    const claimed = await mustClaim(id);
    const before = [await rowOf(id), await outputOf(id)];
    const second = { provisioningId: id, direction: 'run', position: 2, name: 'second' } as const;

    await expect(
      writeAsHolder(ungrouped(ledger.pool), claimed, {
        parts: [merge(id, { n: 1 }), completeStep(second, { output: {} })],
      }),
    ).rejects.toThrow('run of second is not running');

    expect([await rowOf(id), await outputOf(id)]).toEqual(before);
  });

  test('that begins a call leaves nothing behind once the provisioning is cancelled, and any other may', async () => {
    const id = await ledger.accept();
    const claimed = await mustClaim(id, { step: { direction: 'run', position: 1 } });
    await cancelProvisioning(ledger.pool, id, { by: 'admin' }, () => Promise.resolve());
    const before = [await rowOf(id), await outputOf(id)];
    const parts = [merge(id, { n: 1 })];

    await expect(
      writeAsHolder(ungrouped(ledger.pool), claimed, { parts, isGate: true, leaseMs: 120_000 }),
    ).rejects.toBeInstanceOf(WasCancelled);
    expect([await rowOf(id), await outputOf(id)]).toEqual(before);

    await writeAsHolder(ungrouped(ledger.pool), claimed, { parts });
    expect(await outputOf(id)).toEqual({ output: { n: 1 } });
  });

  test('lets the lease last for at least as long as it says, and never shortens it', async () => {
    const id = await ledger.accept();
    const claimed = await mustClaim(id);
    const leaseUntil = async () => ((await rowOf(id)) as { lease_until: Date }).lease_until.getTime();
    const before = await leaseUntil();

    await writeAsHolder(ungrouped(ledger.pool), claimed, { parts: [], leaseMs: 1000 });
    expect(await leaseUntil()).toBe(before);
    await writeAsHolder(ungrouped(ledger.pool), claimed, { parts: [], leaseMs: 120_000 });
    expect(await leaseUntil()).toBeGreaterThan(before + 50_000);
  });

  test('tells when it has left, and not before', async () => {
    const id = await ledger.accept();
    const claimed = await mustClaim(id);
    const key = { provisioningId: id, step: 'first', name: 'create it' };
    const intent = { id: randomUUID(), verb: 'create', naturalKey: 'it', mark: 'mark' } as const;
    const blockMs = 500;
    let sentAt = Infinity;

    await writeAsHolder(
      ungrouped(ledger.pool),
      claimed,
      { parts: [insertIntent(key, { ...intent, epoch: claimed.epoch, absentAt: undefined })] },
      () => {
        sentAt = Date.now();
        // Nothing more leaves this process meanwhile.
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, blockMs);
      },
    );

    const { called_at: calledAt } = await ledger.first<{ called_at: Date }>(
      'select called_at from ledger.effects where id = $1',
      [intent.id],
    );
    expect(calledAt.getTime()).toBeLessThan(sentAt + blockMs);
  });

  test('is durable, as a transaction is, also where the server would not wait for that', async () => {
    // The server of the tests does not, unless it is told to.
    const mode = `select current_setting('synchronous_commit') as mode`;

    expect(await ledger.first(mode)).toEqual({ mode: 'on' });
    expect((await inTransaction(ledger.pool, (db) => db.query(mode))).rows).toEqual([{ mode: 'on' }]);
  });

  test('of many with one claim each commits, one after the other', async () => {
    const id = await ledger.accept();
    const claimed = await mustClaim(id);

    await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        writeAsHolder(ungrouped(ledger.pool), claimed, { parts: [merge(id, { [`n${index}`]: index })] }),
      ),
    );

    const { output } = (await outputOf(id)) as { output: object };
    expect(Object.keys(output)).toHaveLength(20);
  });
});

describe('when the sweeper looks after a provisioning', () => {
  const sweepAt = async (id: string) => ((await rowOf(id)) as { sweep_at: Date }).sweep_at.getTime();

  test('is left as it is by a claim, a renewal and a write', async () => {
    const id = await ledger.accept();
    const before = await sweepAt(id);

    const claimed = await mustClaim(id, { step: { direction: 'run', position: 1 } });
    await renewLease(ledger.pool, claimed, 120_000);
    await writeAsHolder(ungrouped(ledger.pool), claimed, { parts: [], leaseMs: 180_000 });

    expect(await sweepAt(id)).toBe(before);
  });

  async function release(id: string): Promise<void> {
    const claimed = await mustClaim(id);
    const ending = { as: 'handed-on', sweepAfterMs: 60_000 } as const;
    await writeAsHolder(ungrouped(ledger.pool), claimed, { parts: [], ending });
  }

  test('is left as it is by a release where it is near enough', async () => {
    const id = await ledger.accept({ sweepAfterMs: 45_000 });
    const before = await sweepAt(id);

    await release(id);

    expect(await sweepAt(id)).toBe(before);
  });

  test.each([
    ['soon', 20_000],
    ['late', 90_000],
  ])('is set anew by a release where it is too %s', async (_name, sweepAfterMs) => {
    const id = await ledger.accept({ sweepAfterMs });

    const askedAt = Date.now();
    await release(id);

    expect(Math.abs((await sweepAt(id)) - (askedAt + 60_000))).toBeLessThan(10_000);
  });

  test('comes at once by the release of one that is to be undone', async () => {
    const id = await ledger.accept();
    const claimed = await mustClaim(id);
    await cancelProvisioning(ledger.pool, id, { by: 'admin' }, () => Promise.resolve());
    await writeAsHolder(ungrouped(ledger.pool), claimed, {
      parts: [],
      ending: { as: 'given-back', sweepAfterMs: 60_000 },
    });

    expect(await listOverdue(ledger.pool, 1000)).toContain(id);
  });
});
