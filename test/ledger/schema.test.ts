import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeSchema } from '../../src/ledger/describe-schema.ts';
import { startLedger, type TestLedger } from './support.ts';

let ledger: TestLedger;
beforeAll(async () => {
  ledger = await startLedger();
});
afterAll(() => ledger?.stop());

test('what the migrations make is what src/ledger/schema.txt says', async () => {
  const found = await describeSchema(ledger.pool);

  expect(found, 'Renew src/ledger/schema.txt with "npm run ledger:dump" and commit it.').toBe(
    readFileSync('src/ledger/schema.txt', 'utf8'),
  );
});

test('the description shows a changed column, constraint, domain, index, trigger and function', async () => {
  const before = await describeSchema(ledger.pool);
  const changes = [
    'alter table ledger.steps alter column attempts type bigint',
    'alter table ledger.callbacks drop constraint callbacks_sequence_check',
    'alter domain ledger.step_status drop constraint step_status_check',
    'create index steps_by_name on ledger.steps (name)',
    'drop trigger append_only on ledger.events',
    'drop function ledger.append_event(uuid, text, jsonb)',
  ];
  const seen = [before];
  for (const change of changes) {
    await ledger.pool.query(change);
    seen.push(await describeSchema(ledger.pool));
  }

  expect(new Set(seen).size).toBe(changes.length + 1);
});
