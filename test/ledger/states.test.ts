import { DatabaseError } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { acceptProvisioning } from '../../src/ledger/provisionings.ts';
import { newClientId } from '../helpers/stack.ts';
import { newProvisioning, startLedger, type TestLedger } from './support.ts';

let ledger: TestLedger;
beforeAll(async () => {
  ledger = await startLedger();
});
afterAll(() => ledger?.stop());

type State = `${string}/${string}`;

/** Every state that a provisioning can be in, with a way there. */
const ways: Readonly<Record<State, readonly State[]>> = {
  'queued/none': [],
  'running/none': ['running/none'],
  'paused/none': ['running/none', 'paused/none'],
  'succeeded/none': ['running/none', 'succeeded/none'],
  'failed/pending': ['failed/pending'],
  'failed/running': ['failed/pending', 'failed/running'],
  'failed/completed': ['failed/pending', 'failed/running', 'failed/completed'],
  'failed/incomplete': ['failed/pending', 'failed/running', 'failed/incomplete'],
  'cancelled/pending': ['cancelled/pending'],
  'cancelled/running': ['cancelled/pending', 'cancelled/running'],
  'cancelled/completed': ['cancelled/pending', 'cancelled/running', 'cancelled/completed'],
  'cancelled/incomplete': ['cancelled/pending', 'cancelled/running', 'cancelled/incomplete'],
  'succeeded/pending': ['running/none', 'succeeded/none', 'succeeded/pending'],
  'succeeded/running': ['running/none', 'succeeded/none', 'succeeded/pending', 'succeeded/running'],
  'succeeded/completed': [
    'running/none',
    'succeeded/none',
    'succeeded/pending',
    'succeeded/running',
    'succeeded/completed',
  ],
  'succeeded/incomplete': [
    'running/none',
    'succeeded/none',
    'succeeded/pending',
    'succeeded/running',
    'succeeded/incomplete',
  ],
};
const states = Object.keys(ways) as State[];

/** Where each may go. */
const allowed: Readonly<Record<State, readonly State[]>> = {
  'queued/none': ['running/none', 'cancelled/pending', 'failed/pending'],
  'running/none': ['succeeded/none', 'paused/none', 'failed/pending', 'cancelled/pending'],
  'paused/none': ['running/none', 'failed/pending', 'cancelled/pending'],
  'succeeded/none': ['succeeded/pending'],
  'failed/pending': ['failed/running'],
  'failed/running': ['failed/completed', 'failed/incomplete'],
  'failed/completed': [],
  'failed/incomplete': ['failed/running', 'failed/completed'],
  'cancelled/pending': ['cancelled/running'],
  'cancelled/running': ['cancelled/completed', 'cancelled/incomplete'],
  'cancelled/completed': [],
  'cancelled/incomplete': ['cancelled/running', 'cancelled/completed'],
  'succeeded/pending': ['succeeded/running'],
  'succeeded/running': ['succeeded/completed', 'succeeded/incomplete'],
  'succeeded/completed': [],
  'succeeded/incomplete': ['succeeded/running', 'succeeded/completed'],
};

async function move(id: string, state: State): Promise<void> {
  const [status, rollback] = state.split('/');
  await ledger.pool.query('update ledger.provisionings set status = $2, rollback_status = $3 where id = $1', [
    id,
    status,
    rollback,
  ]);
}

/** Whether the database lets it; any other error is one. */
async function isMoved(id: string, state: State): Promise<boolean> {
  try {
    await move(id, state);
    return true;
  } catch (error) {
    if (error instanceof DatabaseError && error.code === '23514') return false;
    throw error;
  }
}

async function reach(state: State): Promise<string> {
  const id = await ledger.accept();
  for (const next of ways[state] ?? []) await move(id, next);
  return id;
}

describe('a provisioning changes its state only as the table of states allows, from', () => {
  test.each(states)('%s', async (from) => {
    const reached: State[] = [];
    for (const to of states.filter((state) => state !== from)) {
      const id = await reach(from);
      if (await isMoved(id, to)) reached.push(to);
    }

    expect(reached.toSorted()).toEqual(allowed[from]?.toSorted());
  });
});

test.each(['queued/pending', 'running/completed', 'failed/none', 'cancelled/none'] as const)(
  'there is no state %s, not even at the beginning',
  async (state) => {
    const [status, rollback] = state.split('/');
    const id = await ledger.accept();

    await expect(
      ledger.pool.query(
        `insert into ledger.provisionings (id, client_id, client_name, org_email, tier, on_failure, step_names, status, rollback_status)
         select gen_random_uuid(), 'x' || client_id, client_name, org_email, tier, on_failure, step_names, $2, $3
         from ledger.provisionings where id = $1`,
        [id, status, rollback],
      ),
    ).rejects.toMatchObject({ code: '23514' });
  },
);

describe('the place of a client', () => {
  test('is held by one provisioning, whoever writes', async () => {
    const clientId = newClientId();
    await ledger.accept({ clientId });

    await expect(
      ledger.pool.query(
        `insert into ledger.provisionings (id, client_id, client_name, org_email, tier, on_failure, step_names)
         values (gen_random_uuid(), $1, 'Another', 'a@b.example', 'starter', 'pause', '{first}')`,
        [clientId],
      ),
    ).rejects.toMatchObject({ code: '23505', constraint: 'provisionings_one_per_client' });
  });

  test('is given to exactly one of many at once', async () => {
    const clientId = newClientId();

    const results = await Promise.all(
      Array.from({ length: 20 }, () => acceptProvisioning(ledger.pool, newProvisioning({ clientId }))),
    );

    const accepted = results.filter((result) => !('takenBy' in result));
    expect(accepted).toHaveLength(1);
    const holders = new Set(results.flatMap((result) => ('takenBy' in result ? result.takenBy : [])));
    expect(holders.size).toBe(1);
    const { count } = await ledger.first<{ count: number }>(
      `select count(*)::int as count from ledger.provisionings where client_id = $1`,
      [clientId],
    );
    expect(count).toBe(1);
  });

  test.each(states.filter((state) => state.endsWith('/completed')))('is free after %s', async (state) => {
    const id = await reach(state);
    const { client_id: clientId } = await ledger.first<{ client_id: string }>(
      'select client_id from ledger.provisionings where id = $1',
      [id],
    );

    await expect(ledger.accept({ clientId })).resolves.toEqual(expect.any(String));
  });

  test.each(states.filter((state) => !state.endsWith('/completed')))('is held in %s', async (state) => {
    const id = await reach(state);
    const { client_id: clientId } = await ledger.first<{ client_id: string }>(
      'select client_id from ledger.provisionings where id = $1',
      [id],
    );

    await expect(ledger.accept({ clientId })).rejects.toThrow(`the place is taken by ${id}`);
  });
});

test('a confirmed effect stays confirmed', async () => {
  const id = await ledger.accept();
  const effect = await ledger.first<{ id: string }>(
    `insert into ledger.effects (provisioning_id, step, name, verb, natural_key, mark, epoch, state)
     values ($1, 'first', 'create', 'create', 'name', 'mark', 1, 'confirmed') returning id`,
    [id],
  );

  for (const state of ['intended', 'refused'])
    await expect(
      ledger.pool.query('update ledger.effects set state = $2 where id = $1', [effect.id, state]),
    ).rejects.toMatchObject({ code: '23514' });
});
