/** The audit: append-only, kept for good, and not to be flooded by failed sign-ins. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { listAudit, recordAct } from '../../src/ledger/audit.ts';
import { cancelProvisioning } from '../../src/ledger/operator-acts.ts';
import { inTransaction } from '../../src/ledger/pool.ts';
import { deleteUndone } from '../../src/ledger/retention.ts';
import { recordSignInFailure, tellSignInFailures } from '../../src/ledger/sign-in-failures.ts';
import { newClientId } from '../helpers/stack.ts';
import { startLedger, type TestLedger } from './support.ts';

let ledger: TestLedger;
beforeAll(async () => {
  ledger = await startLedger();
});
afterAll(() => ledger?.stop());

const actor = { by: 'key:0123456789ab', address: '192.0.2.1' };
const auditOf = (by: string) => listAudit(ledger.pool, { by }, 100);

test.each([
  ['rewritten', `update ledger.audit set by = 'somebody else'`],
  ['deleted', 'delete from ledger.audit'],
  ['emptied', 'truncate ledger.audit'],
])('what was done is not %s', async (_name, statement) => {
  await recordAct(ledger.pool, actor, { action: 'looked-for-orphans' });

  await expect(ledger.pool.query(statement)).rejects.toMatchObject({
    code: '23514',
    message: 'ledger.audit is append-only',
  });
});

test('an act that does not come about leaves no row', async () => {
  const by = 'key:ffffffffffff';
  const id = await ledger.accept();

  await expect(
    inTransaction(ledger.pool, async (db) => {
      await recordAct(db, { by }, { action: 'cancelled', provisioningId: id });
      throw new Error('it does not come about');
    }),
  ).rejects.toThrow('it does not come about');

  expect(await auditOf(by)).toEqual([]);
});

test('a provisioning that is deleted after its time leaves its rows behind', async () => {
  const by = 'key:aaaaaaaaaaaa';
  const clientId = newClientId();
  const id = await ledger.accept({ clientId, by, address: '192.0.2.7' });
  await cancelProvisioning(ledger.pool, id, { by }, async () => {});
  for (const state of ['running', 'completed'])
    await ledger.pool.query(
      `update ledger.provisionings set rollback_status = $2, finished_at = clock_timestamp() - interval '9 days'
       where id = $1`,
      [id, state],
    );

  expect(await deleteUndone(ledger.pool, 8, 10)).toBe(1);

  expect(await auditOf(by)).toMatchObject([
    { action: 'cancelled', client_id: clientId, provisioning_id: id, address: undefined },
    { action: 'provisioned', client_id: clientId, provisioning_id: id, address: '192.0.2.7' },
  ]);
});

test('an order of a server of the version before, which knows no address, is accepted too', async () => {
  const by = 'key:bbbbbbbbbbbb';
  await ledger.pool.query(
    `select ledger.accept($1, $2, 'Acme', 'a@acme.example', 'starter', null, 'rollback', '{first}', 1000, null, $3)`,
    [randomUUID(), newClientId(), by],
  );

  expect(await auditOf(by)).toMatchObject([{ action: 'provisioned', address: undefined }]);
});

const failuresOf = async (address: string) =>
  (await listAudit(ledger.pool, { action: 'sign-in-failed' }, 100))
    .filter((row) => row.address === address)
    .map(({ by, detail }) => ({ by, attempts: detail['attempts'] }));

async function letAMinutePass(address: string): Promise<void> {
  await ledger.pool.query(
    `update ledger.sign_in_failures set since = since - interval '1 minute' where address = $1`,
    [address],
  );
}

test('a flood of failures to sign in is one row a minute, and the next one says how many there were', async () => {
  const address = '198.51.100.1';
  await Promise.all(Array.from({ length: 50 }, () => recordSignInFailure(ledger.pool, address)));
  expect(await failuresOf(address)).toEqual([{ by: 'nobody', attempts: 1 }]);

  await letAMinutePass(address);
  await Promise.all(Array.from({ length: 5 }, () => recordSignInFailure(ledger.pool, address)));

  expect(await failuresOf(address)).toEqual([
    { by: 'nobody', attempts: 50 },
    { by: 'nobody', attempts: 1 },
  ]);
});

test('failures that nobody follows up are told too, and then forgotten', async () => {
  const address = '198.51.100.2';
  for (let count = 0; count < 4; count += 1) await recordSignInFailure(ledger.pool, address);
  await tellSignInFailures(ledger.pool);
  expect(await failuresOf(address)).toHaveLength(1);

  await letAMinutePass(address);
  await tellSignInFailures(ledger.pool);
  await tellSignInFailures(ledger.pool);

  expect((await failuresOf(address)).map(({ attempts }) => attempts)).toEqual([3, 1]);
  for (let minute = 0; minute < 60; minute += 1) await letAMinutePass(address);
  await tellSignInFailures(ledger.pool);
  const { rows } = await ledger.pool.query('select 1 from ledger.sign_in_failures where address = $1', [
    address,
  ]);
  expect(rows).toEqual([]);
});

test('failures from one address say nothing of another', async () => {
  for (const address of ['198.51.100.3', '198.51.100.4']) await recordSignInFailure(ledger.pool, address);

  expect(await failuresOf('198.51.100.3')).toHaveLength(1);
  expect(await failuresOf('198.51.100.4')).toHaveLength(1);
});
