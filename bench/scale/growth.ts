/** A ledger that is full of ended provisionings beside an empty one. */
import { Client } from 'pg';
import { makeOrders, positions } from '../orders.ts';
import { placeOrder, runLoad } from '../measure/load.ts';
import { median, percentile } from '../measure/statistics.ts';
import type { Bench } from '../measure/runs.ts';
import type { Servers } from '../servers/servers.ts';
import { measureSpeed, withProduct } from './product.ts';

const rounds = 5;
const batch = 50_000;
/** The number of events that a run of five steps writes down. */
const eventsOfRun = 27;

interface Measured {
  readonly perSecond: number;
  readonly p99: number;
}

export function measureGrowth(
  servers: Servers,
  sizes: readonly number[],
  signal: AbortSignal,
): Promise<readonly string[]> {
  return withProduct(servers, { signal, pollMs: 3 }, async (bench) => {
    await measureSpeed(bench, 60, 20);
    const empty = await measure(bench);
    const lines = [lineOf(0, empty, empty)];
    let filled = 0;
    for (const size of sizes) {
      for (; filled < size; filled += batch) {
        signal.throwIfAborted();
        await addEnded(bench.installation.databaseUrl, filled, Math.min(size, filled + batch));
      }
      filled = size;
      await execute(bench.installation.databaseUrl, 'vacuum analyze');
      await measureSpeed(bench, 60, 20);
      lines.push(lineOf(size, await measure(bench), empty));
    }
    return lines;
  });
}

function lineOf(size: number, { perSecond, p99 }: Measured, empty: Measured): string {
  const ratios = `${(perSecond / empty.perSecond).toFixed(2)} and ${(p99 / empty.p99).toFixed(2)} of the empty one's`;
  return `${size} ended: ${perSecond.toFixed(0)} runs/s with 20 at once, p99 of a POST ${p99.toFixed(1)} ms; ${ratios}`;
}

let lastPrefix = 0;

/** Medians of several rounds: a checkpoint in one of them says nothing about the size. */
async function measure(bench: Bench): Promise<Measured> {
  const speeds: number[] = [];
  const p99s: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    speeds.push(await measureSpeed(bench, 150, 20));
    lastPrefix += 1;
    const orders = makeOrders(`posted-${lastPrefix}`, 300);
    const done: Promise<void>[] = [];
    const { eachMs } = await runLoad(orders, 2, async (order) => {
      done.push(bench.watch.untilDone(await placeOrder(bench.installation.url, order)));
    });
    await Promise.all(done);
    p99s.push(percentile(eachMs, 0.99));
  }
  return { perSecond: median(speeds), p99: median(p99s) };
}

/** As many rows as real runs have left, without their work. */
async function addEnded(databaseUrl: string, from: number, to: number): Promise<void> {
  const names = `array[${positions.map((position) => `'thing-${position}'`).join(', ')}]`;
  await execute(
    databaseUrl,
    `insert into ledger.provisionings (id, client_id, client_name, org_email, tier, on_failure, step_names, status,
         finished_at, last_event)
       select gen_random_uuid(), 'ended-' || n, 'Ended', 'ops@bench.example', 'starter', 'rollback', ${names},
         'succeeded', clock_timestamp(), ${eventsOfRun} from generate_series(${from + 1}, ${to}) n;
     create temp table added on commit drop as select id from ledger.provisionings
       where client_id in (select 'ended-' || n from generate_series(${from + 1}, ${to}) n);
     insert into ledger.steps (provisioning_id, direction, position, name, status, output)
       select id, 'run', list.position, list.name, 'succeeded', '{"thingId":"thing-1"}' from added
       cross join unnest(${names}) with ordinality as list (name, position);
     with made as (
       insert into ledger.effects (provisioning_id, step, name, verb, natural_key, mark, epoch, state)
         select id, list.name, 'create it', 'create', id || list.name, 'mark', 1, 'confirmed' from added
         cross join unnest(${names}) as list (name) returning id, provisioning_id, step)
       insert into ledger.resources (provisioning_id, effect_id, step, kind, external_id, name, origin, state)
         select provisioning_id, id, step, 'stub.' || step, id::text, id || step, 'created', 'live' from made;
     insert into ledger.events (provisioning_id, sequence, type, data)
       select id, n, 'step.succeeded', '{"step":"thing-1"}' from added cross join generate_series(1, ${eventsOfRun}) n;`,
  );
}

async function execute(databaseUrl: string, sql: string): Promise<void> {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
