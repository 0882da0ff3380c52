import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LeaseLost } from '../../src/errors.ts';
import {
  claimProvisioning,
  type Claim,
  type ClaimRequest,
  type ClaimResult,
} from '../../src/ledger/claims.ts';
import { releaseLease, renewLease, withFence, writeAsHolder } from '../../src/ledger/holder.ts';
import { advanceFlow } from '../../src/ledger/endings.ts';
import { appendEvent } from '../../src/ledger/events.ts';
import { ungrouped } from '../../src/ledger/group-commit.ts';
import { listDeadHolders, revokeLeases } from '../../src/ledger/presence.ts';
import { listOverdue } from '../../src/ledger/sweep.ts';
import { until } from '../helpers/until.ts';
import { claimRequest, startLedger, type TestLedger } from './support.ts';

let ledger: TestLedger;
beforeAll(async () => {
  ledger = await startLedger();
});
afterAll(() => ledger?.stop());

function claim(provisioningId: string, flow = 1, fields: Partial<ClaimRequest> = {}): Promise<ClaimResult> {
  return claimProvisioning(ungrouped(ledger.pool), { ...claimRequest(provisioningId), flow, ...fields });
}

async function mustClaim(provisioningId: string): Promise<Claim> {
  const result = await claim(provisioningId);
  if (result.is !== 'claimed') throw new Error(`it is ${result.is}`);
  return result.claim;
}

const rowOf = (id: string) => ledger.first(`select * from ledger.provisionings where id = $1`, [id]);

test('of many claims at once exactly one is granted', async () => {
  const id = await ledger.accept();

  const results = await Promise.all(Array.from({ length: 20 }, () => claim(id)));

  expect(results.filter((result) => result.is === 'claimed')).toHaveLength(1);
  for (const result of results.filter((other) => other.is !== 'claimed')) {
    expect(result.is).toBe('busy');
    expect(result.is === 'busy' ? result.retryInMs : 0).toBeGreaterThan(0);
  }
});

test('each claim has a higher epoch than the one before', async () => {
  const id = await ledger.accept();
  const epochs: number[] = [];
  for (let count = 0; count < 3; count += 1) {
    epochs.push((await mustClaim(id)).epoch);
    await ledger.expire(id);
  }

  expect(epochs).toEqual([1, 2, 3]);
});

test('a lease that was given back is free at once', async () => {
  const id = await ledger.accept();
  await mustClaim(id);

  await releaseLease(ledger.pool, id, 1000);

  expect((await claim(id)).is).toBe('claimed');
});

test('a job of an older flow claims nothing, and neither does one of a provisioning that is not there', async () => {
  const id = await ledger.accept();
  expect(await advanceFlow(ledger.pool, id, 1, 1000)).toBe(2);

  expect(await claim(id)).toEqual({ is: 'superseded' });
  expect(await claim('00000000-0000-4000-8000-000000000000')).toEqual({ is: 'superseded' });
  expect((await claim(id, 2)).is).toBe('claimed');
});

test('of many who number a new flow at once exactly one does', async () => {
  const id = await ledger.accept();

  const flows = await Promise.all(Array.from({ length: 10 }, () => advanceFlow(ledger.pool, id, 1, 1000)));

  expect(flows.filter((flow) => flow !== undefined)).toEqual([2]);
});

test('nobody numbers a new flow while somebody works on the old one', async () => {
  const id = await ledger.accept();
  await mustClaim(id);

  expect(await advanceFlow(ledger.pool, id, 1, 1000)).toBeUndefined();
});

describe('neither epoch nor flow ever goes back:', () => {
  test.each(['epoch', 'flow'])('%s', async (column) => {
    const id = await ledger.accept();
    await ledger.pool.query(`update ledger.provisionings set ${column} = 5 where id = $1`, [id]);

    await expect(
      ledger.pool.query(`update ledger.provisionings set ${column} = 4 where id = $1`, [id]),
    ).rejects.toMatchObject({ code: '23514' });
  });
});

describe('a stale claim changes no row:', () => {
  /** Claims that were good once. */
  const stale: readonly [string, (id: string) => Promise<Claim>][] = [
    [
      'one whose lease is over',
      async (id) => {
        const claimed = await mustClaim(id);
        await ledger.expire(id);
        return claimed;
      },
    ],
    [
      'one that another has taken over',
      async (id) => {
        const claimed = await mustClaim(id);
        await ledger.expire(id);
        await mustClaim(id);
        return claimed;
      },
    ],
    [
      'one that was given back',
      async (id) => {
        const claimed = await mustClaim(id);
        await releaseLease(ledger.pool, id, 1000);
        return claimed;
      },
    ],
  ];

  test.each(stale)('%s, in a fenced transaction', async (_name, make) => {
    const id = await ledger.accept();
    const claimed = await make(id);
    const before = await rowOf(id);
    let hasRun = false;

    const written = withFence(ledger.pool, claimed, async (db) => {
      hasRun = true;
      await appendEvent(db, id, 'test.event', {});
    });

    await expect(written).rejects.toBeInstanceOf(LeaseLost);
    expect(hasRun).toBe(false);
    expect(await rowOf(id)).toEqual(before);
  });

  test.each(stale)('%s, in a statement of parts', async (_name, make) => {
    const id = await ledger.accept();
    const claimed = await make(id);
    const before = await rowOf(id);
    const part = {
      sql: `update ledger.steps set output = '{"it": "is written"}' where provisioning_id = $1`,
      values: [id],
    };

    await expect(
      writeAsHolder(ungrouped(ledger.pool), claimed, {
        parts: [part],
        events: [{ type: 'test.event', data: {} }],
      }),
    ).rejects.toBeInstanceOf(LeaseLost);

    expect(await rowOf(id)).toEqual(before);
    expect(
      await ledger.first(
        'select count(*)::int from ledger.steps where provisioning_id = $1 and output <> $2',
        [id, '{}'],
      ),
    ).toEqual({ count: 0 });
  });

  test.each(stale)('%s, by a renewal', async (_name, make) => {
    const id = await ledger.accept();
    const claimed = await make(id);
    const before = await rowOf(id);

    await expect(renewLease(ledger.pool, claimed, 60_000)).rejects.toBeInstanceOf(LeaseLost);

    expect(await rowOf(id)).toEqual(before);
  });
});

test('a renewal never shortens a lease', async () => {
  const id = await ledger.accept();
  const claimed = await mustClaim(id);
  const leaseUntil = async () => (await rowOf(id)) as { lease_until: Date };
  const before = await leaseUntil();

  await renewLease(ledger.pool, claimed, 1000);
  expect((await leaseUntil()).lease_until).toEqual(before.lease_until);
  await renewLease(ledger.pool, claimed, 120_000);
  expect((await leaseUntil()).lease_until.getTime()).toBeGreaterThan(before.lease_until.getTime());
});

test('a fenced transaction that throws leaves nothing behind', async () => {
  const id = await ledger.accept();
  const claimed = await mustClaim(id);
  const before = await rowOf(id);

  await expect(
    withFence(ledger.pool, claimed, async (db) => {
      await appendEvent(db, id, 'test.event', {});
      throw new Error('thought better of it');
    }),
  ).rejects.toThrow('thought better of it');

  expect(await rowOf(id)).toEqual(before);
});

test('while one writes within its fence, nobody takes over', async () => {
  const id = await ledger.accept();
  const claimed = await mustClaim(id);
  const inside = Promise.withResolvers<void>();
  const mayEnd = Promise.withResolvers<void>();

  const writing = withFence(ledger.pool, claimed, async (db) => {
    await appendEvent(db, id, 'test.event', {});
    // Its lease ends while it writes.
    await db.query(`update ledger.provisionings set lease_until = clock_timestamp() where id = $1`, [id]);
    inside.resolve();
    await mayEnd.promise;
  });
  await inside.promise;
  // A claim that looked a moment before the commit is told to come again.
  const claiming = until(async () => {
    const result = await claim(id);
    return result.is === 'claimed' ? result.claim : undefined;
  }, 'a claim');
  mayEnd.resolve();
  await writing;

  // Whoever has taken over sees what was written.
  expect((await claiming).snapshot.provisioning.last_event).toBe(2);
});

describe('a worker that lacks steps of a provisioning', () => {
  test('is told which, and does not get it', async () => {
    const id = await ledger.accept();

    expect(await claim(id, 1, { stepNames: ['second', 'third'] })).toEqual({
      is: 'unknown-steps',
      names: ['first'],
    });
    expect(await rowOf(id)).toMatchObject({ epoch: '0', lease_until: null });
    expect((await claim(id, 1, { stepNames: ['third', 'second', 'first'] })).is).toBe('claimed');
  });

  test('keeps the sweeper from building the flow again, since its job is there', async () => {
    const id = await ledger.accept({ sweepAfterMs: 0 });
    expect(await listOverdue(ledger.pool, 1000)).toContain(id);

    await claim(id, 1, { stepNames: [] });

    expect(await listOverdue(ledger.pool, 1000)).not.toContain(id);
  });
});

describe('when the worker that has given a provisioning back is dead', () => {
  /** Nobody holds the lock of that number. */
  const dead = '2147483001';
  async function giveBack(as: 'handed-on' | 'given-back'): Promise<string> {
    const id = await ledger.accept();
    const result = await claim(id, 1, { holder: dead });
    if (result.is !== 'claimed') throw new Error(`it is ${result.is}`);
    await writeAsHolder(ungrouped(ledger.pool), result.claim, {
      parts: [],
      ending: { as, sweepAfterMs: 60_000 },
    });
    return id;
  }

  test('work that it has handed on is swept at once', async () => {
    const id = await giveBack('handed-on');
    expect(await listDeadHolders(ledger.pool)).toContain(dead);
    expect(await listOverdue(ledger.pool, 1000)).not.toContain(id);

    expect(await revokeLeases(ledger.pool, [dead])).toMatchObject({ leases: 0, handedOn: 1 });

    expect(await listOverdue(ledger.pool, 1000)).toContain(id);
    expect(await listDeadHolders(ledger.pool)).not.toContain(dead);
  });

  test('work that waits for its time goes on waiting', async () => {
    const id = await giveBack('given-back');

    expect(await listDeadHolders(ledger.pool)).not.toContain(dead);
    expect(await revokeLeases(ledger.pool, [dead])).toMatchObject({ leases: 0, handedOn: 0 });
    expect(await listOverdue(ledger.pool, 1000)).not.toContain(id);
  });
});

describe('a provisioning whose workers do not come back', () => {
  async function crash(id: string): Promise<Claim> {
    const claimed = await mustClaim(id);
    await ledger.expire(id);
    return claimed;
  }

  test('is claimed ever more rarely, and is not swept meanwhile', async () => {
    const id = await ledger.accept();
    for (let count = 0; count < 5; count += 1) expect((await crash(id)).unreturned).toBe(count);
    await crash(id);
    await ledger.pool.query('update ledger.provisionings set sweep_at = clock_timestamp() where id = $1', [
      id,
    ]);

    expect(await claim(id)).toMatchObject({ is: 'busy', retryInMs: expect.any(Number) as number });
    expect(await listOverdue(ledger.pool, 1000)).not.toContain(id);
    const rest = 'select extract(epoch from next_claim_at - clock_timestamp())::float8 as s';
    const restOf = async () => {
      const { s } = await ledger.first<{ s: number }>(`${rest} from ledger.provisionings where id = $1`, [
        id,
      ]);
      return s;
    };
    expect(await restOf()).toBeLessThanOrEqual(4);
    for (let count = 0; count < 20; count += 1) {
      await ledger.pool.query('update ledger.provisionings set next_claim_at = null where id = $1', [id]);
      await crash(id);
    }
    expect(await restOf()).toBeGreaterThan(50);
    expect(await restOf()).toBeLessThanOrEqual(60);
  });

  test('is like any other once one has come back', async () => {
    const id = await ledger.accept();
    for (let count = 0; count < 5; count += 1) await crash(id);
    await mustClaim(id);
    await releaseLease(ledger.pool, id, 1000);

    expect((await mustClaim(id)).unreturned).toBe(0);
  });
});
