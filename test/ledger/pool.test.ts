/** What becomes of statements while the database hangs: nobody waits for ever, and it counts as away. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { inTransaction, isDatabaseAway, openPool, type Pool } from '../../src/ledger/pool.ts';
import { startProxy, type Proxy } from '../chaos/proxy.ts';
import { createDatabase, type TestDatabase } from '../helpers/database.ts';

let database: TestDatabase;
let proxy: Proxy;
let pool: Pool;
beforeAll(async () => {
  database = await createDatabase();
  const url = new URL(database.url);
  proxy = await startProxy(Number(url.port));
  url.port = String(proxy.port);
  pool = openPool({ url: url.href, statementMs: 500, onError: () => {} });
});
afterAll(async () => {
  proxy?.release();
  await pool?.end();
  await proxy?.close();
  await database?.drop();
});

const failureOf = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  );

test('a statement that is not answered fails as if the database was away, and its connection is given up', async () => {
  await pool.query('select 1');
  proxy.hold();
  expect(isDatabaseAway(await failureOf(pool.query('select 1')))).toBe(true);
  expect(pool.totalCount).toBe(0);
  proxy.release();
  expect((await pool.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
});

test('a transaction that is not answered is not waited for a second time to be rolled back', async () => {
  const failure = await failureOf(
    inTransaction(pool, async (db) => {
      proxy.hold();
      await db.query('select 1');
    }),
  );
  expect(isDatabaseAway(failure)).toBe(true);
  expect(pool.totalCount).toBe(0);
  proxy.release();
  expect(
    await inTransaction(pool, async (db) => (await db.query<{ one: number }>('select 1 as one')).rows),
  ).toEqual([{ one: 1 }]);
});
