import { readdir, readFile } from 'node:fs/promises';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { z } from 'zod';
import {
  field,
  healthyProject,
  openSandbox,
  projectOrder,
  until,
  untilStatus,
  type TestSandbox,
} from './support.ts';
import { listWith, textWith } from './matchers.ts';

let sandbox: TestSandbox;
let ref: string;
beforeAll(async () => {
  sandbox = await openSandbox();
  ref = await healthyProject(sandbox, 'acme');
});
afterAll(() => sandbox.stop());

const run = (query: string, more: object = {}) =>
  sandbox.supabase(`POST /v1/projects/${ref}/database/query`, { body: { query, ...more } });

const pooler = z.array(
  z.object({ db_host: z.string(), db_port: z.number(), db_user: z.string(), db_name: z.string() }),
);

async function connect(project: string, password: string): Promise<pg.Client> {
  const reply = await sandbox.supabase(`GET /v1/projects/${project}/config/database/pooler`);
  const [config] = pooler.parse(reply.body);
  if (config === undefined) throw new Error('no pooler');
  const client = new pg.Client({
    host: config.db_host,
    port: Number(sandbox.variable('SUPABASE_DB_SESSION_PORT')),
    user: config.db_user,
    database: config.db_name,
    password,
  });
  await client.connect();
  return client;
}

async function databases(): Promise<string[]> {
  const client = new pg.Client({ connectionString: inject('postgresUrl') });
  await client.connect();
  try {
    const { rows } = await client.query<{ name: string }>(
      `select datname as name from pg_database where datname like 'sandbox%'
       union all select rolname from pg_roles where rolname like 'postgres.%'`,
    );
    return rows.map(({ name }) => name);
  } finally {
    await client.end();
  }
}

describe('the pooler', () => {
  test('knows no project that is not there', async () => {
    const gone = await healthyProject(sandbox, 'gone');
    sandbox.control.removeObject('supabase.project', gone);
    const client = new pg.Client({
      host: '127.0.0.1',
      port: Number(sandbox.variable('SUPABASE_DB_SESSION_PORT')),
      user: `postgres.${gone}`,
      password: 'a-long-password',
    });

    await expect(client.connect()).rejects.toMatchObject({
      code: 'XX000',
      message: `(ENOTFOUND) tenant/user postgres.${gone} not found`,
    });
  });

  test('refuses connections as it is told to, those to the project that is meant, and no longer', async () => {
    const elsewhere = await healthyProject(sandbox, 'elsewhere');
    const password = 'a-long-password';
    sandbox.control.addFault({
      provider: 'supabase',
      operation: 'connectDatabase',
      mode: 'reject',
      times: 2,
      matching: ref,
      body: { code: 'XX000', message: '(EAUTHQUERY) authentication query failed' },
    });

    await (await connect(elsewhere, password)).end();
    for (let refused = 0; refused < 2; refused += 1)
      await expect(connect(ref, password)).rejects.toMatchObject({
        code: 'XX000',
        severity: 'FATAL',
        message: '(EAUTHQUERY) authentication query failed',
      });
    await (await connect(ref, password)).end();
    expect(sandbox.control.faults().map(({ fired }) => fired)).toEqual([2]);
  });

  test('leads to the project’s database, with the password that was chosen', async () => {
    const client = await connect(ref, 'a-long-password');
    try {
      const { rows } = await client.query('select current_user as name');
      expect(rows).toEqual([{ name: 'postgres' }]);
    } finally {
      await client.end();
    }
  });
  test('names the password’s place instead of the password', async () => {
    const reply = await sandbox.supabase(`GET /v1/projects/${ref}/config/database/pooler`);
    expect(reply.text).toContain('[YOUR-PASSWORD]');
    expect(reply.text).not.toContain('a-long-password');
  });
  test('leads nowhere with another password', async () => {
    await expect(connect(ref, 'a-wrong-password')).rejects.toThrow(/password authentication failed/);
  });
  test('does not know a user of no project', async () => {
    const client = new pg.Client({
      connectionString: `postgresql://postgres.${'a'.repeat(20)}:x@127.0.0.1:${sandbox.variable('SUPABASE_DB_SESSION_PORT')}/postgres`,
    });
    await expect(client.connect()).rejects.toMatchObject({
      code: 'XX000',
      message: `(ENOTFOUND) tenant/user postgres.${'a'.repeat(20)} not found`,
    });
  });
  test('knows no other database than the project’s', async () => {
    const client = new pg.Client({
      connectionString: `postgresql://postgres.${ref}:a-long-password@127.0.0.1:${sandbox.variable('SUPABASE_DB_SESSION_PORT')}/elsewhere`,
    });
    await expect(client.connect()).rejects.toMatchObject({ code: '3D000' });
  });
  test('passes on megabytes in both directions', async () => {
    const client = await connect(ref, 'a-long-password');
    try {
      const long = 'x'.repeat(3_000_000);
      const { rows } = await client.query<{ same: string }>('select $1::text as same', [long]);
      expect(rows[0]?.same).toBe(long);
    } finally {
      await client.end();
    }
  });
});

test('a project’s login leads to no other project, even past the pooler', async () => {
  const other = await healthyProject(sandbox, 'other');
  const direct = new URL(inject('postgresUrl'));
  const name = (await databases()).find((each) => each.endsWith(other) && each.startsWith('sandbox_'));
  const client = new pg.Client({
    connectionString: `postgresql://postgres.${ref}:a-long-password@${direct.host}/${name}`,
  });
  await expect(client.connect()).rejects.toThrow(/permission denied for database/);
});

describe('a new project’s database', () => {
  test('takes tables that refer to users, and policies that ask who is there', async () => {
    const schema = `
      create extension if not exists pgcrypto with schema extensions;
      create table public.notes (
        id uuid primary key default gen_random_uuid(),
        owner uuid not null references auth.users (id) on delete cascade,
        text text not null);
      alter table public.notes enable row level security;
      create policy "own notes" on public.notes for all to authenticated
        using (auth.uid() = owner) with check (auth.uid() = owner);
      create function public.touch() returns trigger language plpgsql security definer as
        $$ begin return new; end $$;
      create trigger touch before update on public.notes for each row execute function public.touch();
      create trigger on_user after insert on auth.users for each row execute function public.touch();
      create policy "own files" on storage.objects for select to authenticated using (owner = auth.uid());
      insert into storage.buckets (id, name) values ('files', 'files');
      grant select on public.notes to authenticated;
      alter publication supabase_realtime add table public.notes;
      select 'applied' as state`;
    expect(await run(schema)).toMatchObject({ status: 201, body: [{ state: 'applied' }] });
  });
  test('keeps its policies: a user sees own rows only', async () => {
    const [a, b] = [crypto.randomUUID(), crypto.randomUUID()];
    await run(`insert into auth.users (id) values ('${a}'), ('${b}');
      insert into notes (owner, text) values ('${a}', 'mine'), ('${b}', 'theirs')`);
    const seen = await run(`begin; set local role authenticated;
      set local request.jwt.claims = '{"sub":"${a}","role":"authenticated"}';
      select text, auth.role() as role from notes; commit`);
    expect(seen.body).toEqual([{ text: 'mine', role: 'authenticated' }]);
  });
  const rolesThatMayUseANewTable = (name: string) => `create table public.${name} (id int);
    select array_agg(role) as granted from unnest(array['anon', 'authenticated', 'service_role']) as role
    where has_table_privilege(role, 'public.${name}', 'select, insert, update, delete')`;
  test('grants a new table of public to nobody', async () => {
    expect((await run(rolesThatMayUseANewTable('closed'))).body).toEqual([{ granted: null }]);
    const refused = await run('begin; set local role service_role; select * from public.closed; commit');
    expect(refused).toMatchObject({ status: 400, body: { message: textWith('42501') } });
  });
  test('grants a new table of public to the three API roles where the project is an older one', async () => {
    const older = await openSandbox({ automaticGrants: true });
    try {
      const project = await healthyProject(older, 'older');
      const { body } = await older.supabase(`POST /v1/projects/${project}/database/query`, {
        body: { query: rolesThatMayUseANewTable('open') },
      });
      expect(body).toEqual([{ granted: ['anon', 'authenticated', 'service_role'] }]);
    } finally {
      await older.stop();
    }
  });
  test('leaves no table of the sample template out of reach: its own grants are enough', async () => {
    const project = await healthyProject(sandbox, 'sample');
    const folder = 'examples/template-schema';
    const names = (await readdir(folder)).filter((name) => name.endsWith('.sql')).toSorted();
    const files = await Promise.all(names.map((name) => readFile(`${folder}/${name}`, 'utf8')));
    const ask = (query: string) =>
      sandbox.supabase(`POST /v1/projects/${project}/database/query`, { body: { query } });
    expect(await ask(files.join('\n'))).toMatchObject({ status: 201 });
    const { body } = await ask(`select relname from pg_class where relnamespace = 'public'::regnamespace
      and relkind in ('r', 'v', 'p') and not (
        has_any_column_privilege('authenticated', oid, 'select')
        and has_any_column_privilege('service_role', oid, 'select'))`);
    expect(body).toEqual([]);
  });
  test('does not let its owner change auth', async () => {
    for (const statement of ['alter table auth.users add column x int', 'create table auth.mine (id int)']) {
      expect(await run(statement)).toMatchObject({
        status: 400,
        body: { message: textWith('42501') },
      });
    }
  });
  test('does not make its owner a superuser', async () => {
    expect(await run('create role intruder superuser')).toMatchObject({ status: 400 });
  });
});

describe('the query endpoint', () => {
  test('answers the rows of the last statement that has any', async () => {
    expect((await run('select 1 as a; select 2 as b; create temporary table t (id int)')).body).toEqual([
      { b: 2 },
    ]);
  });
  test('takes parameters', async () => {
    expect((await run('select $1::int + $2::int as sum', { parameters: [1, 2] })).body).toEqual([{ sum: 3 }]);
  });
  test('undoes a failed batch as a whole', async () => {
    expect(await run('create table public.half (id int); create table public.half (id int)')).toMatchObject({
      status: 400,
    });
    expect((await run("select to_regclass('public.half') as half")).body).toEqual([{ half: null }]);
  });
  test('points at the place of an error', async () => {
    expect((await run('select 1;\n  selec 2')).body).toEqual({
      message:
        'Failed to run sql query: ERROR:  42601: syntax error at or near "selec"\nLINE 2:   selec 2\n          ^\n',
    });
  });
  test('changes nothing when told to read only', async () => {
    expect(await run('create table public.no (id int)', { read_only: true })).toMatchObject({
      status: 400,
      body: { message: textWith('25006') },
    });
  });
  test('refuses a body with other fields', async () => {
    expect(await run('select 1', { timeout: 5 })).toMatchObject({ status: 400 });
  });
});

describe('databases on the shared server', () => {
  test('go with their project', async () => {
    const gone = await healthyProject(sandbox, 'short-lived');
    expect((await databases()).filter((name) => name.includes(gone))).toHaveLength(2);
    await sandbox.supabase(`DELETE /v1/projects/${gone}`);
    await until(databases, (names) => names.every((name) => !name.includes(gone)));
  });
  test('go with a project that is deleted while its database is in use', async () => {
    const gone = await healthyProject(sandbox, 'in-use');
    const client = await connect(gone, 'a-long-password');
    client.on('error', () => {});
    await sandbox.supabase(`DELETE /v1/projects/${gone}`);
    const left = await until(databases, (names) => names.every((name) => !name.includes(gone)));
    expect(left.filter((name) => name.includes(gone))).toEqual([]);
    await client.end().catch(() => {});
  });
  test('are not shared by sandboxes, and all go when a sandbox stops', async () => {
    const before = await databases();
    const others = await Promise.all([openSandbox(), openSandbox()]);
    const created = await Promise.all(
      others.map((other) =>
        other
          .supabase('POST /v1/projects', { body: projectOrder(other, 'acme') })
          .then((reply) => field(reply, 'ref')),
      ),
    );
    await Promise.all(
      others.map((other, index) =>
        untilStatus(() => other.supabase(`GET /v1/projects/${created[index]}/api-keys`), 200),
      ),
    );
    await Promise.all(others.map((other) => other.stop()));
    const after = await databases();
    expect(after.filter((name) => created.some((project) => name.includes(project)))).toEqual([]);
    expect(after).toEqual(listWith(before.filter((name) => name.includes(ref))));
  });
});
