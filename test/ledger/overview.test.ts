/** How the clients are, counted and found by the words that people use. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { countClients } from '../../src/ledger/overview.ts';
import { listProvisionings } from '../../src/ledger/provisionings.ts';
import {
  clientStateOf,
  clientStates,
  provisioningStatuses,
  rollbackStatuses,
} from '../../src/provisioning.ts';
import { startLedger, type TestLedger } from './support.ts';

let ledger: TestLedger;
const possible = provisioningStatuses.flatMap((status) =>
  rollbackStatuses.flatMap((rollback) => {
    const needsNone = ['queued', 'running', 'paused'].includes(status);
    const needsSome = status === 'failed' || status === 'cancelled';
    return (needsNone && rollback !== 'none') || (needsSome && rollback === 'none')
      ? []
      : [{ status, rollback }];
  }),
);
const insert = (clientId: string, name: string, status: string, rollback: string, minutesAgo = 0) =>
  ledger.pool.query(
    `insert into ledger.provisionings (id, client_id, client_name, org_email, tier, on_failure, step_names, status,
       rollback_status, created_at)
     values ($1, $2, $3, 'a@b.example', 'starter', 'rollback', '{first}', $4, $5, clock_timestamp() - $6 * interval '1 min')`,
    [randomUUID(), clientId, name, status, rollback, minutesAgo],
  );
beforeAll(async () => {
  ledger = await startLedger();
  for (const [index, { status, rollback }] of possible.entries())
    await insert(`client-${index}`, `Client ${index}`, status, rollback, index);
});
afterAll(() => ledger?.stop());

const found = async (filter: Partial<Parameters<typeof listProvisionings>[1]>) => {
  const items = await listProvisionings(ledger.pool, { limit: 100, ...filter });
  const { rows } = await ledger.pool.query<{ id: string; client_id: string }>(
    'select id, client_id from ledger.provisionings',
  );
  return items.map(({ id }) => rows.find((row) => row.id === id)?.client_id);
};

test('the database and the program agree about the state of every provisioning', async () => {
  for (const state of clientStates) {
    const expected = possible.flatMap(({ status, rollback }, index) =>
      clientStateOf(status, rollback) === state ? [`client-${index}`] : [],
    );
    expect({ state, found: await found({ state }) }).toEqual({ state, found: expected });
  }
});

test('clients are counted once each, by the newest that was asked for', async () => {
  const before = await countClients(ledger.pool);
  await insert('again', 'Again', 'failed', 'completed', 30);
  await insert('again', 'Again', 'cancelled', 'completed', 20);
  await insert('again', 'Again', 'succeeded', 'none', 10);

  expect(await countClients(ledger.pool)).toEqual({ ...before, live: before.live + 1 });
  expect(await found({ q: 'again' })).toHaveLength(3);
  expect(await found({ q: 'again', isNewest: true })).toEqual(['again']);
  expect(await found({ state: 'failed', isNewest: true })).not.toContain('again');
});

test('they are found by a part of the id or of the name, whatever its case, and by nothing that only looks like a pattern', async () => {
  await insert('percent', '100% Juice_Bar\\\\', 'succeeded', 'none');

  for (const q of ['perc', 'JUICE', '0% j', 'e_b', '\\\\']) expect(await found({ q })).toEqual(['percent']);
  for (const q of ['%', '_']) expect(await found({ q })).toEqual(['percent']);
  expect(await found({ q: 'no such' })).toEqual([]);
});

test('they are found by how their rollback stands', async () => {
  const expected = possible.flatMap(({ rollback }, index) =>
    rollback === 'incomplete' ? [`client-${index}`] : [],
  );

  expect(await found({ rollback: 'incomplete' })).toEqual(expected);
});
