import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { listDueCallbacks } from '../../src/ledger/callbacks.ts';
import { claimProvisioning } from '../../src/ledger/claims.ts';
import { writeAsHolder } from '../../src/ledger/holder.ts';
import { confirmEffect, insertIntent } from '../../src/ledger/effects.ts';
import { ungrouped } from '../../src/ledger/group-commit.ts';
import { listDeadHolders } from '../../src/ledger/presence.ts';
import { openPool, type Pool } from '../../src/ledger/pool.ts';
import {
  acceptProvisioning,
  listProvisionings,
  readFullSnapshots,
  readSnapshot,
} from '../../src/ledger/provisionings.ts';
import { confirmResource, insertIntendedResource } from '../../src/ledger/resources.ts';
import { effectRow } from '../../src/ledger/rows.ts';
import { completeStep } from '../../src/ledger/steps.ts';
import { listOverdue } from '../../src/ledger/sweep.ts';
import { newProvisioning, startLedger, type TestLedger } from './support.ts';

let ledger: TestLedger;
/** One connection, which keeps its plans and reports all that it has read. */
let pool: Pool;
beforeAll(async () => {
  ledger = await startLedger();
  pool = openPool({ url: ledger.url, max: 1, onError: () => {} });
});
afterAll(async () => {
  await pool?.end();
  await ledger?.stop();
});

const ended = 20_000;
const stepNames = ['first', 'second'];

/** One run with everything that it asks of the ledger, what others ask meanwhile, and what a caller asks then. */
async function runOnce(): Promise<void> {
  const order = newProvisioning({ stepNames });
  const { id } = order;
  await acceptProvisioning(pool, order);
  const transitions = ungrouped(pool);
  for (const [index, name] of stepNames.entries()) {
    const step = { provisioningId: id, direction: 'run', position: index + 1, name } as const;
    const result = await claimProvisioning(transitions, {
      provisioningId: id,
      flow: 1,
      step,
      holder: '7',
      leaseMs: 60_000,
      graceMs: 1000,
      stepNames,
    });
    if (result.is !== 'claimed') throw new Error(`the claim was ${result.is}`);
    const { claim } = result;
    const effectId = randomUUID();
    const resourceId = randomUUID();
    const {
      rows: [effect],
    } = await writeAsHolder(transitions, claim, {
      isGate: true,
      leaseMs: 60_000,
      parts: [
        insertIntent(
          { provisioningId: id, step: name, name: 'create it' },
          {
            id: effectId,
            verb: 'create',
            naturalKey: id,
            mark: 'mark',
            epoch: claim.epoch,
            absentAt: undefined,
          },
        ),
        insertIntendedResource({
          id: resourceId,
          provisioningId: id,
          effectId,
          step: name,
          kind: 'it',
          name: id,
        }),
      ],
    });
    await listOverdue(pool, 200);
    await listDeadHolders(pool);
    await listDueCallbacks(pool, { limit: 200 });
    await writeAsHolder(transitions, claim, {
      parts: [
        confirmEffect(effectRow.parse(effect)),
        confirmResource({ id: resourceId }, { externalId: resourceId, name: id, url: undefined }),
        completeStep(step, { output: {} }),
      ],
      ending: { as: 'handed-on', sweepAfterMs: 60_000 },
    });
  }
  await readSnapshot(pool, id);
  await readFullSnapshots(pool, [id]);
  await listProvisionings(pool, { limit: 20 });
  await pool.query(
    `update ledger.provisionings set status = 'succeeded', finished_at = clock_timestamp(), sweep_at = null
     where id = $1`,
    [id],
  );
}

interface Reads {
  readonly rowsOfScans: number;
  readonly entriesOfIndexes: number;
}

/** What the tables of the ledger were read for so far. */
async function readsSoFar(): Promise<Reads> {
  // Each connection reports what it has done, at most once a second unless it is asked to.
  await pool.query('select pg_stat_force_next_flush()');
  const { rows } = await pool.query<Reads>(
    `select (select sum(seq_tup_read)::float8 from pg_stat_user_tables where schemaname = 'ledger') as "rowsOfScans",
       (select sum(idx_tup_read)::float8 from pg_stat_user_indexes where schemaname = 'ledger') as "entriesOfIndexes"`,
  );
  return rows[0] ?? { rowsOfScans: NaN, entriesOfIndexes: NaN };
}

async function readsOf(work: () => Promise<void>): Promise<Reads> {
  const before = await readsSoFar();
  await work();
  const after = await readsSoFar();
  return {
    rowsOfScans: after.rowsOfScans - before.rowsOfScans,
    entriesOfIndexes: after.entriesOfIndexes - before.entriesOfIndexes,
  };
}

async function addEnded(): Promise<void> {
  await pool.query(
    `insert into ledger.provisionings (id, client_id, client_name, org_email, tier, on_failure, step_names, status, finished_at)
     select gen_random_uuid(), 'ended-' || n, 'Ended', 'a@b.example', 'starter', 'rollback', $2, 'succeeded', clock_timestamp()
     from generate_series(1, $1) n`,
    [ended, stepNames],
  );
  await pool.query(
    `insert into ledger.steps (provisioning_id, direction, position, name, status)
     select p.id, 'run', list.position, list.name, 'succeeded' from ledger.provisionings p
     cross join unnest($1::text[]) with ordinality as list (name, position) where client_id like 'ended-%'`,
    [stepNames],
  );
  await pool.query(
    `with made as (
       insert into ledger.effects (provisioning_id, step, name, verb, natural_key, mark, epoch, state)
       select id, 'first', 'create it', 'create', id::text, 'mark', 1, 'confirmed' from ledger.provisionings
       where client_id like 'ended-%' returning id, provisioning_id)
     insert into ledger.resources (provisioning_id, effect_id, step, kind, external_id, name, origin, state)
     select provisioning_id, id, 'first', 'it', id::text, 'it', 'created', 'live' from made`,
  );
  await pool.query(
    `insert into ledger.events (provisioning_id, sequence, type)
     select id, n, 'test.event' from ledger.provisionings cross join generate_series(1, 5) n
     where client_id like 'ended-%'`,
  );
}

test(`a run reads no more of a ledger with ${ended} ended provisionings than of an empty one, whenever its plans were made`, async () => {
  // Plans that were made for empty tables, as those of a process that started first.
  for (let run = 0; run < 8; run += 1) await runOnce();
  const ofEmpty = await readsOf(runOnce);
  await addEnded();
  const withOldPlans = await readsOf(runOnce);
  await pool.query('analyze');
  for (let run = 0; run < 8; run += 1) await runOnce();
  const ofFull = await readsOf(runOnce);

  for (const reads of [withOldPlans, ofFull]) {
    expect(reads.rowsOfScans).toBeLessThan(ofEmpty.rowsOfScans + 200);
    expect(reads.entriesOfIndexes).toBeLessThan(ofEmpty.entriesOfIndexes + 200);
  }
});
