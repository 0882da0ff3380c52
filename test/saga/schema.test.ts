import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterEach, expect, inject, test } from 'vitest';
import { startStack, type ShownProvisioning, type Stack } from '../helpers/stack.ts';
import { until } from '../helpers/until.ts';

let stack: Stack | undefined;
let folder: string | undefined;
afterEach(async () => {
  await stack?.stop();
  if (folder !== undefined) await rm(folder, { recursive: true });
  stack = undefined;
  folder = undefined;
});

async function template(sql: string): Promise<string> {
  folder = await mkdtemp(join(tmpdir(), 'template-'));
  await writeFile(join(folder, '010_template.sql'), sql);
  return folder;
}

/** Looks into the new project's database from outside. */
async function queryProject<Row extends pg.QueryResultRow>(running: Stack, sql: string): Promise<Row[]> {
  const project = running.sandbox.control.objects().find(({ kind }) => kind === 'supabase.project');
  const url = new URL(inject('postgresUrl'));
  url.pathname = `/${String(project?.details['database'])}`;
  const client = new pg.Client({ connectionString: url.href });
  await client.connect();
  try {
    return (await client.query<Row>(sql)).rows;
  } finally {
    await client.end();
  }
}

async function provision(running: Stack): Promise<ShownProvisioning> {
  const { id } = await running.provision();
  return running.waitUntilDone(id);
}

test.each(['postgres', 'http'])(
  'a template of more than 20 tables and 25 policies on auth.uid() is applied and verified over %s',
  async (transport) => {
    stack = await startStack({
      backend: 'postgres',
      environment: { SCHEMA_PATH: 'examples/template-schema', SCHEMA_TRANSPORT: transport },
    });
    expect(await provision(stack)).toMatchObject({ status: 'succeeded' });
    const [counts] = await queryProject<{
      tables: number;
      unsecured: number;
      policies: number;
      applied: number;
    }>(
      stack,
      `select
         (select count(*)::int from pg_tables where schemaname = 'public') as tables,
         (select count(*)::int from pg_tables where schemaname = 'public' and not rowsecurity) as unsecured,
         (select count(*)::int from pg_policies where schemaname = 'public'
           and (coalesce(qual, '') || coalesce(with_check, '')) like '%auth.uid()%') as policies,
         (select count(*)::int from _provisioning.applied) as applied`,
    );
    expect(counts).toMatchObject({ unsecured: 0, applied: 1 });
    expect(counts?.tables).toBeGreaterThanOrEqual(20);
    expect(counts?.policies).toBeGreaterThanOrEqual(25);
  },
);

test.each(['postgres', 'http'])(
  'a lost answer of the template over %s does not apply it twice',
  async (transport) => {
    stack = await startStack({ backend: 'redis', environment: { SCHEMA_TRANSPORT: transport } });
    stack.sandbox.control.addFault({
      provider: 'supabase',
      operation: 'runQuery',
      mode: 'drop-after',
      skip: 1,
    });
    expect(await provision(stack)).toMatchObject({ status: 'succeeded' });
    expect(await queryProject(stack, 'select count(*)::int as applied from _provisioning.applied')).toEqual([
      { applied: 1 },
    ]);
  },
);

test.each([
  ['the look for an earlier template', 0],
  ['the template itself', 1],
  ['the look at what came of it', 2],
])('over http, a database that is not ready for %s is asked again', async (_what, skip) => {
  stack = await startStack({ backend: 'redis', environment: { SCHEMA_TRANSPORT: 'http' } });
  const message = 'Failed to run sql query: ERROR:  57P03: the database system is starting up\n';
  stack.sandbox.control.addFault({
    provider: 'supabase',
    operation: 'runQuery',
    mode: 'reject',
    status: 400,
    body: { message },
    skip,
    times: 1,
  });
  const done = await provision(stack);
  expect(done).toMatchObject({ status: 'succeeded' });
  expect(done.steps.find(({ name }) => name === 'database-schema')?.attempts).toBe(2);
});

test('a table without row-level security fails the step and says which and what to add', async () => {
  const path = await template('create table public.open_to_all (id int primary key);');
  stack = await startStack({ backend: 'redis', environment: { SCHEMA_PATH: path } });
  const done = await provision(stack);
  expect(done).toMatchObject({
    failure: { step: 'database-schema', code: 'verification-failed' },
    rollback: { status: 'completed' },
  });
  expect(done.failure?.message).toContain('public.open_to_all');
  expect(done.failure?.message).toContain('enable row level security');
});

test('a template that commits by itself is refused before anything is sent to the database', async () => {
  const path = await template(
    'create table public.a (id int);\nalter table public.a enable row level security;\ncommit;\nbegin;\n',
  );
  stack = await startStack({
    backend: 'redis',
    environment: { SCHEMA_PATH: path, SCHEMA_TRANSPORT: 'http' },
  });
  const done = await provision(stack);
  expect(done).toMatchObject({ failure: { step: 'database-schema', code: 'schema-invalid' } });
  expect(done.failure?.message).toMatch(/^010_template\.sql, line 3, /);
  expect(stack.sandbox.control.journal().filter(({ operation }) => operation === 'runQuery')).toEqual([]);
  expect(stack.sandbox.control.objects()).toEqual([]);
});

test('a paused schema is fixed and resumed; what nobody may use is warned of, wherever it is looked at', async () => {
  const path = await template('create table public.w (id int primary key);');
  stack = await startStack({ backend: 'postgres', environment: { SCHEMA_PATH: path } });
  const running = stack;
  const callbackUrl = `${stack.sandbox.urls.control}/receiver/caller`;
  const { id } = await stack.provision({ onFailure: 'pause', callbackUrl });
  const paused = await until(async () => {
    const shown = await running.show(id);
    return shown.status === 'paused' ? shown : undefined;
  }, 'the provisioning to be paused');
  expect(paused).toMatchObject({ failure: { code: 'verification-failed' }, warnings: [] });
  expect(
    await queryProject(stack, `select relname from pg_class where relnamespace = 'public'::regnamespace`),
  ).toEqual([]);

  await writeFile(join(path, '020_security.sql'), 'alter table public.w enable row level security;');
  expect((await stack.call(`/api/provisioning/${id}/resume`, { method: 'POST' })).status).toBe(202);
  const done = await stack.waitUntilDone(id);
  const warning = {
    code: 'tables-without-grants',
    message: expect.stringMatching(/public\.w: add "grant .* on public\.w to authenticated;"/) as string,
  };
  expect(done).toMatchObject({ status: 'succeeded', warnings: [{ step: 'database-schema', ...warning }] });

  const events = (await (await stack.call(`/api/provisioning/${id}/events?limit=100`)).json()) as {
    items: { type: string; data: object }[];
  };
  expect(events.items).toContainEqual(
    expect.objectContaining({
      type: 'step.succeeded',
      data: { step: 'database-schema', warnings: [warning] },
    }),
  );
  const told = await until(() => {
    const bodies = running.sandbox.control.receivedCallbacks('caller').map(({ body }) => body);
    return bodies.find((body) => body.includes('provisioning.succeeded'));
  }, 'the callback of the success');
  expect(JSON.parse(told)).toMatchObject({ data: { warnings: [{ step: 'database-schema', ...warning }] } });
});

test('a project that refuses the password we chose is left to an operator', async () => {
  stack = await startStack({ backend: 'redis' });
  const { control } = stack.sandbox;
  // The project is healthy, its pooler is known, and somebody has changed the password meanwhile.
  control.addFault({ provider: 'supabase', operation: 'getPoolerConfig', mode: 'latency', delayMs: 1500 });
  const { id } = await stack.provision();
  const ref = await untilReady(stack, id);
  await changePassword(ref);
  const done = await stack.waitUntilDone(id);
  expect(done).toMatchObject({
    failure: { step: 'supabase-project', code: 'verification-failed' },
    rollback: { status: 'incomplete' },
    needsAttention: true,
  });
  expect(done.resources).toMatchObject([{ kind: 'supabase.project', externalId: ref, state: 'unknown' }]);
  expect(control.objects().map(({ id: left }) => left)).toEqual([ref]);
  // One refusal decides nothing: they went on for SETTLE_MS.
  const { rows } = await stack.pool.query<{ ms: number }>(
    `select (extract(epoch from failed.at - began.at) * 1000)::float8 as ms
     from ledger.events began join ledger.events failed using (provisioning_id)
     where began.provisioning_id = $1 and failed.type = 'step.failed'
       and began.data ->> 'waitingFor' = $2`,
    [id, `the database of project ${ref} to accept its password`],
  );
  expect(rows).toHaveLength(1);
  expect(rows[0]?.ms).toBeGreaterThanOrEqual(Number(stack.environment['SETTLE_MS']));

  // The operator deletes it by hand, and the next rollback sees that it is gone.
  const running = stack;
  control.removeObject('supabase.project', ref);
  expect((await stack.call(`/api/provisioning/${id}/rollback`, { method: 'POST' })).status).toBe(202);
  await until(
    async () => (await running.show(id)).rollback.status === 'completed' || undefined,
    'the rollback to be completed',
  );
});

async function untilReady(running: Stack, id: string): Promise<string> {
  return until(async () => {
    const isAsked = running.sandbox.control.journal().some(({ operation }) => operation === 'getApiKeys');
    const [project] = (await running.show(id)).resources;
    return isAsked ? (project?.externalId ?? undefined) : undefined;
  }, 'the project to be healthy');
}

async function changePassword(ref: string): Promise<void> {
  const client = new pg.Client({ connectionString: inject('postgresUrl') });
  await client.connect();
  await client.query(`alter role "postgres.${ref}" password 'another one'`);
  await client.end();
}
