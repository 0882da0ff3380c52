/** One worker looks for lost work, for all of them. */
import pg from 'pg';
import { afterEach, describe, expect, test } from 'vitest';
import { acceptProvisioning } from '../../src/ledger/provisionings.ts';
import { steps } from '../../src/steps/index.ts';
import { backends, startStack, type Stack } from '../helpers/stack.ts';
import { until } from '../helpers/until.ts';
import { newProvisioning } from '../ledger/support.ts';

/** As `src/ledger/presence.ts` has it. */
const leaderLockClass = 0x70_72_6f_77;

let stack: Stack | undefined;
let client: pg.Client | undefined;
afterEach(async () => {
  await client?.end();
  await stack?.stop();
  client = undefined;
  stack = undefined;
});

/** How often a worker has begun to lead so far. */
const beginnings = ({ logLines }: Stack) =>
  logLines.filter((line) => line.includes('this worker leads')).length;
const untilLed = (running: Stack, count: number) =>
  until(() => beginnings(running) === count || undefined, `leader ${count}`, 5000);

/** The session of the leader. */
async function leaderOf({ pool }: Stack): Promise<number | undefined> {
  const { rows } = await pool.query<{ pid: number }>(
    `select pid from pg_locks
     where locktype = 'advisory' and classid = $1 and granted
       and database = (select oid from pg_database where datname = current_database())`,
    [leaderLockClass],
  );
  expect(rows.length).toBeLessThanOrEqual(1);
  return rows[0]?.pid;
}

/** A provisioning that no queue has ever seen. */
async function loseWork({ pool }: Stack): Promise<string> {
  const order = newProvisioning({ stepNames: steps.map(({ name }) => name), sweepAfterMs: 0 });
  await acceptProvisioning(pool, order);
  return order.id;
}

describe.each(backends)('on %s', (backend) => {
  test('of several workers exactly one leads, and all of them work', async () => {
    stack = await startStack({ backend, workers: 3 });
    const ids = await Promise.all([loseWork(stack), loseWork(stack), loseWork(stack)]);
    for (const id of ids) expect(await stack.waitUntilDone(id)).toMatchObject({ status: 'succeeded' });

    expect(beginnings(stack)).toBe(1);
    expect(await leaderOf(stack)).toEqual(expect.any(Number));
  });

  test('when the leader stops, another leads from its next look on', async () => {
    stack = await startStack({ backend, workers: 0 });
    const first = await stack.startWorker();
    await untilLed(stack, 1);
    await stack.startWorker();
    await first.stop();

    await untilLed(stack, 2);
    expect(await stack.waitUntilDone(await loseWork(stack))).toMatchObject({ status: 'succeeded' });
  });

  test('when the session of the leader is lost, there is one leader again', async () => {
    stack = await startStack({ backend, workers: 2 });
    await untilLed(stack, 1);
    await stack.pool.query('select pg_terminate_backend($1)', [await leaderOf(stack)]);

    await untilLed(stack, 2);
    expect(await stack.waitUntilDone(await loseWork(stack))).toMatchObject({ status: 'succeeded' });
    expect(await leaderOf(stack)).toEqual(expect.any(Number));
  });

  test('what a leader leaves lying, because it is frozen, is found by the others', async () => {
    stack = await startStack({ backend, workers: 0 });
    client = new pg.Client({ connectionString: stack.environment['DATABASE_URL'] });
    client.on('error', () => {});
    await client.connect();
    await client.query('select pg_advisory_lock($1::int, 0)', [leaderLockClass]);
    await stack.startWorker();

    expect(await stack.waitUntilDone(await loseWork(stack))).toMatchObject({ status: 'succeeded' });
    expect(beginnings(stack)).toBe(0);
  });
});
