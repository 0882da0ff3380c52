/** What the pooler in front of a project's database says at connect, and what follows from it. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { startStack, type ShownProvisioning, type Stack } from '../helpers/stack.ts';

let stack: Stack;
beforeAll(async () => {
  stack = await startStack({ backend: 'redis' });
});
afterEach(() => stack.sandbox.control.clearFaults());
afterAll(() => stack?.stop());

function refuseConnections(body: { code: string; message: string }, times: number, skip = 0): void {
  const fault = { provider: 'supabase', operation: 'connectDatabase', mode: 'reject' } as const;
  stack.sandbox.control.addFault({ ...fault, body, times, skip });
}

function loseAnswerOfCreate(): void {
  stack.sandbox.control.addFault({ provider: 'supabase', operation: 'createProject', mode: 'drop-after' });
}

async function provision(): Promise<ShownProvisioning> {
  const { id } = await stack.provision();
  return stack.waitUntilDone(id);
}

const attemptsOf = ({ steps }: ShownProvisioning) =>
  Object.fromEntries(steps.map(({ name, attempts }) => [name, attempts]));
const projectsOf = ({ clientId }: ShownProvisioning) =>
  stack.sandbox.control
    .objects()
    .filter(({ kind, name }) => kind === 'supabase.project' && name.includes(clientId));

const wrongPassword = { code: '28P01', message: 'password authentication failed for user "postgres"' };
const notAllowed = {
  code: 'XX000',
  message: '(EADDRNOTALLOWED) address not in tenant allow_list: {203, 0, 113, 7}',
};

describe('is waited for, and uses up no attempt: the pooler', () => {
  test.each([
    ['has not heard of the project yet', '(ENOTFOUND) tenant/user postgres.x not found'],
    ['has not heard of it yet, in its older words', 'Tenant or user not found'],
    ["can't ask for the password", '(EAUTHQUERY) authentication query failed'],
    ['opens its circuit', '(ECIRCUITBREAKER) too many authentication failures'],
    ['has no session left', '(EMAXCONNSESSION) max clients reached in session mode'],
  ])('%s', async (_name, message) => {
    refuseConnections({ code: 'XX000', message }, 3);

    const done = await provision();

    expect(done.status).toBe('succeeded');
    expect(attemptsOf(done)).toMatchObject({ 'supabase-project': 1, 'database-schema': 1 });
  });

  test('is named by what is no host', async () => {
    const pooler = { database_type: 'PRIMARY', db_user: 'postgres.x', db_name: 'postgres' };
    for (const db_host of ['/var/run/postgresql', `${'a'.repeat(64)}.example`, 'a\0b'])
      stack.sandbox.control.addFault({
        provider: 'supabase',
        operation: 'getPoolerConfig',
        mode: 'reject',
        status: 200,
        body: [{ ...pooler, db_host }],
      });

    const done = await provision();

    expect(done.status).toBe('succeeded');
    expect(attemptsOf(done)).toMatchObject({ 'supabase-project': 1 });
    expect(stack.sandbox.control.faults().map(({ fired }) => fired)).toEqual([1, 1, 1]);
  });
});

describe('the right password, refused once,', () => {
  test.each([1, 3])('decides nothing about the project, and %i times do not either', async (times) => {
    refuseConnections(wrongPassword, times);

    const done = await provision();

    expect(done.status).toBe('succeeded');
    expect(attemptsOf(done)).toMatchObject({ 'supabase-project': 1 });
    expect(done.resources).toContainEqual(
      expect.objectContaining({ kind: 'supabase.project', state: 'live' }),
    );
  });

  test('decides nothing where the create got no answer: it is taken over', async () => {
    loseAnswerOfCreate();
    refuseConnections(wrongPassword, 1);

    const done = await provision();

    expect(done.status).toBe('succeeded');
    expect(projectsOf(done)).toHaveLength(1);
  });

  test('is tried again by the schema', async () => {
    refuseConnections(wrongPassword, 1, 1);

    const done = await provision();

    expect(done.status).toBe('succeeded');
    expect(attemptsOf(done)).toMatchObject({ 'supabase-project': 1, 'database-schema': 2 });
  });
});

describe('restrictions of the network', () => {
  test('fail the step at once, with what to do, and the project is undone', async () => {
    refuseConnections(notAllowed, -1);

    const done = await provision();

    expect(done.failure).toMatchObject({ step: 'supabase-project', code: 'provider-rejected' });
    expect(done.failure?.message).toContain('network restrictions');
    expect(done.failure?.message).not.toContain('203');
    expect(attemptsOf(done)).toMatchObject({ 'supabase-project': 1 });
    expect(done.rollback.status).toBe('completed');
    expect(projectsOf(done)).toEqual([]);
  });

  test('leave a project undone whose create got no answer', async () => {
    loseAnswerOfCreate();
    refuseConnections(notAllowed, -1);

    const done = await provision();

    expect(done.failure).toMatchObject({ step: 'supabase-project', code: 'provider-rejected' });
    expect(done.rollback.status).toBe('completed');
    expect(projectsOf(done)).toEqual([]);
  });
});
