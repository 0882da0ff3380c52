import { afterAll, beforeAll, expect, test } from 'vitest';
import { ConfigurationError } from '../../src/errors.ts';
import { isDatabaseAway, openPool } from '../../src/ledger/pool.ts';
import { requireSessions } from '../../src/ledger/sessions.ts';
import { startTransactionPooler } from '../helpers/transaction-pooler.ts';
import { startLedger, type TestLedger } from './support.ts';

let ledger: TestLedger;
beforeAll(async () => {
  ledger = await startLedger();
});
afterAll(() => ledger?.stop());

async function problemOf(url: string): Promise<unknown> {
  const pool = openPool({ url, onError: () => {} });
  try {
    return await requireSessions(pool).catch((error: unknown) => error);
  } finally {
    await pool.end();
  }
}

test('a database itself gives each connection a session of its own', async () => {
  expect(await problemOf(ledger.url)).toBeUndefined();
});

test('a pooler in transaction mode is refused, with what to do', async () => {
  const pooler = await startTransactionPooler(ledger.url);
  const problem = await problemOf(pooler.url);
  await pooler.close();

  expect(problem).toBeInstanceOf(ConfigurationError);
  expect(problem).toMatchObject({ message: expect.stringMatching(/transaction mode.*port 5432/) as string });
});

test('a database that is away is no pooler', async () => {
  expect(isDatabaseAway(await problemOf('postgres://nobody@127.0.0.1:1/none'))).toBe(true);
});
