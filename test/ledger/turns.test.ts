/** A claim begins the step of its job, if it is that step's turn. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  claimProvisioning,
  type Claim,
  type ClaimRequest,
  type ClaimResult,
} from '../../src/ledger/claims.ts';
import { ungrouped } from '../../src/ledger/group-commit.ts';
import { cancelProvisioning } from '../../src/ledger/operator-acts.ts';
import { claimRequest, startLedger, type TestLedger } from './support.ts';

let ledger: TestLedger;
beforeAll(async () => {
  ledger = await startLedger();
});
afterAll(() => ledger?.stop());

function claim(provisioningId: string, fields: Partial<ClaimRequest> = {}): Promise<ClaimResult> {
  return claimProvisioning(ungrouped(ledger.pool), { ...claimRequest(provisioningId), ...fields });
}

async function mustClaim(provisioningId: string, fields: Partial<ClaimRequest> = {}): Promise<Claim> {
  const result = await claim(provisioningId, fields);
  if (result.is !== 'claimed') throw new Error(`it is ${result.is}`);
  return result.claim;
}

const rowOf = (id: string) => ledger.first(`select * from ledger.provisionings where id = $1`, [id]);

describe('a claim for a step', () => {
  const run = (position: number) => ({ step: { direction: 'run', position } }) as const;
  const undo = (position: number) => ({ step: { direction: 'undo', position } }) as const;
  const succeed = (id: string, direction: 'run' | 'undo', position: number) =>
    ledger.pool.query(
      `update ledger.steps set status = 'succeeded'
       where provisioning_id = $1 and direction = $2 and position = $3`,
      [id, direction, position],
    );

  test('begins it if it is its turn, under the same commit', async () => {
    const id = await ledger.accept();

    const { begun, snapshot } = await mustClaim(id, run(1));

    expect(begun).toMatchObject({ attempts: 1, interruptions: 0, wait: undefined });
    expect(snapshot.provisioning.status).toBe('running');
    expect(snapshot.steps.map(({ status }) => status)).toEqual(['running', 'pending']);
  });

  test('does not begin it before the one before it is done, nor once it is done itself', async () => {
    const id = await ledger.accept();
    const isBegun = async (fields: Partial<ClaimRequest>) => {
      const { begun } = await mustClaim(id, fields);
      await ledger.expire(id);
      return begun !== undefined;
    };

    expect(await isBegun(run(2))).toBe(false);
    expect(await rowOf(id)).toMatchObject({ status: 'queued' });
    await succeed(id, 'run', 1);
    expect(await isBegun(run(1))).toBe(false);
    expect(await isBegun(run(2))).toBe(true);
    expect(await isBegun(undo(1))).toBe(false);
    expect(await isBegun({})).toBe(false);
  });

  test('begins undos from the last step on, and a failed one does not hold up the others', async () => {
    const id = await ledger.accept();
    await mustClaim(id, run(1));
    await ledger.expire(id);
    await succeed(id, 'run', 1);
    await mustClaim(id, run(2));
    await ledger.expire(id);
    await cancelProvisioning(ledger.pool, id, { by: 'admin' }, () => Promise.resolve());
    const begins = async (position: number) => {
      const { begun } = await mustClaim(id, undo(position));
      await ledger.expire(id);
      return begun !== undefined;
    };

    expect(await begins(1)).toBe(false);
    expect(await rowOf(id)).toMatchObject({ rollback_status: 'pending' });
    expect(await begins(2)).toBe(true);
    expect(await rowOf(id)).toMatchObject({ rollback_status: 'running' });
    await ledger.pool.query(
      `update ledger.steps set status = 'failed' where provisioning_id = $1 and direction = 'undo' and position = 2`,
      [id],
    );
    expect(await begins(1)).toBe(true);
  });

  test('counts a step that is begun again while it runs as interrupted, and as no new attempt', async () => {
    const id = await ledger.accept();
    await mustClaim(id, run(1));
    await ledger.expire(id);

    const { begun } = await mustClaim(id, run(1));

    expect(begun).toMatchObject({ attempts: 1, interruptions: 1 });
  });

  test('of many at once exactly one begins it', async () => {
    const id = await ledger.accept();

    await Promise.all(Array.from({ length: 20 }, () => claim(id, run(1))));

    expect(
      await ledger.first(
        'select attempts, interruptions from ledger.steps where provisioning_id = $1 and position = 1',
        [id],
      ),
    ).toEqual({ attempts: 1, interruptions: 0 });
  });
});
