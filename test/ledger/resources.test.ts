import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { forgetResource } from '../../src/ledger/forget.ts';
import { startLedger, type TestLedger } from './support.ts';

let ledger: TestLedger;
beforeAll(async () => {
  ledger = await startLedger();
});
afterAll(() => ledger?.stop());

async function insertEffect(provisioningId: string, name = 'create'): Promise<string> {
  const { id } = await ledger.first<{ id: string }>(
    `insert into ledger.effects (provisioning_id, step, name, verb, natural_key, mark, epoch)
     values ($1, 'first', $2, 'create', 'name', 'mark', 1) returning id`,
    [provisioningId, name],
  );
  return id;
}

interface Fields {
  provisioningId: string;
  effectId: string | null;
  externalId: string | null;
  origin: 'created' | 'foreign';
  state?: string;
  kind?: string;
}

function insertResource({
  provisioningId,
  effectId,
  externalId,
  origin,
  state = 'live',
  kind = 'test.thing',
}: Fields) {
  return ledger.pool.query(
    `insert into ledger.resources (provisioning_id, effect_id, step, kind, external_id, name, origin, state)
     values ($1, $2, 'first', $3, $4, 'name', $5, $6)`,
    [provisioningId, effectId, kind, externalId, origin, state],
  );
}

test('an object at a provider belongs to one provisioning', async () => {
  const [first, second] = [await ledger.accept(), await ledger.accept()];
  const externalId = randomUUID();
  await insertResource({
    provisioningId: first,
    effectId: await insertEffect(first),
    externalId,
    origin: 'created',
  });
  const effectId = await insertEffect(second);

  await expect(
    insertResource({ provisioningId: second, effectId, externalId, origin: 'created' }),
  ).rejects.toMatchObject({ code: '23505', constraint: 'resources_one_owner' });
  await insertResource({
    provisioningId: second,
    effectId,
    externalId,
    origin: 'created',
    kind: 'test.other',
  });
  // Another may have met it, as somebody else's.
  await insertResource({ provisioningId: second, effectId: null, externalId, origin: 'foreign' });
});

test("a stranger's object is listed once", async () => {
  const provisioningId = await ledger.accept();
  const foreign = { provisioningId, effectId: null, externalId: randomUUID(), origin: 'foreign' as const };
  await insertResource(foreign);

  await expect(insertResource(foreign)).rejects.toMatchObject({ constraint: 'resources_foreign_once' });
});

test('ours is only what one of our effects made', async () => {
  const provisioningId = await ledger.accept();

  await expect(
    insertResource({ provisioningId, effectId: null, externalId: randomUUID(), origin: 'created' }),
  ).rejects.toMatchObject({ code: '23514' });
});

test.each(['live', 'deleting', 'deleted', 'delete-failed'])(
  'what is %s has an id at its provider',
  async (state) => {
    const provisioningId = await ledger.accept();
    const effectId = await insertEffect(provisioningId);

    await expect(
      insertResource({ provisioningId, effectId, externalId: null, origin: 'created', state }),
    ).rejects.toMatchObject({ code: '23514' });
  },
);

test.each(['intended', 'unknown'])('what is %s may have none yet', async (state) => {
  const provisioningId = await ledger.accept();
  const effectId = await insertEffect(provisioningId);

  await expect(
    insertResource({ provisioningId, effectId, externalId: null, origin: 'created', state }),
  ).resolves.toMatchObject({ rowCount: 1 });
});

test('there is no other state, and no other origin', async () => {
  const provisioningId = await ledger.accept();
  const effectId = await insertEffect(provisioningId);
  const fields = { provisioningId, effectId, externalId: randomUUID() };

  await expect(insertResource({ ...fields, origin: 'created', state: 'gone' })).rejects.toMatchObject({
    code: '23514',
  });
  // @ts-expect-error: the database is asked, not the compiler
  await expect(insertResource({ ...fields, origin: 'found' })).rejects.toMatchObject({ code: '23514' });
});

test('a step has each of its effects once', async () => {
  const provisioningId = await ledger.accept();
  await insertEffect(provisioningId);

  await expect(insertEffect(provisioningId)).rejects.toMatchObject({ code: '23505' });
  await insertEffect(provisioningId, 'another');
});

test('to forget what a creation is recorded as takes its effect along, to forget its twin does not', async () => {
  const provisioningId = await ledger.accept();
  await ledger.pool.query(`update ledger.provisionings set status = 'running' where id = $1`, [
    provisioningId,
  ]);
  await ledger.pool.query(`update ledger.provisionings set status = 'paused' where id = $1`, [
    provisioningId,
  ]);
  const effectId = await insertEffect(provisioningId);
  const [recorded, twin] = [randomUUID(), randomUUID()];
  for (const externalId of [recorded, twin])
    await insertResource({ provisioningId, effectId, externalId, origin: 'created' });
  const forget = async (externalId: string) => {
    const { id } = await ledger.first<{ id: string }>(
      'select id from ledger.resources where external_id = $1',
      [externalId],
    );
    const actor = { by: 'test', reason: 'a test' };
    const forgetting = await forgetResource(
      ledger.pool,
      { provisioningId, resourceId: id },
      actor,
      async () => {},
    );
    expect(forgetting).toEqual({ is: 'forgotten' });
  };
  const isSuperseded = async () => {
    const { superseded_at: at } = await ledger.first<{ superseded_at: Date | null }>(
      'select superseded_at from ledger.effects where id = $1',
      [effectId],
    );
    return at !== null;
  };

  await forget(twin);
  expect(await isSuperseded()).toBe(false);
  await forget(recorded);
  expect(await isSuperseded()).toBe(true);
});
