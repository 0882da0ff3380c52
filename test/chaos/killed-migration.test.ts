import { Client } from 'pg';
import { afterEach, expect, test } from 'vitest';
import { listMissingMigrations } from '../../src/ledger/migrate.ts';
import { openPool } from '../../src/ledger/pool.ts';
import { createDatabase, type TestDatabase } from '../helpers/database.ts';
import { startProgram } from '../helpers/program.ts';
import { until } from '../helpers/until.ts';

let database: TestDatabase | undefined;
afterEach(() => database?.drop());

test('a migration that is killed half-way leaves nothing behind that the next one cannot finish', async () => {
  database = await createDatabase();
  const admin = new Client({ connectionString: database.url });
  await admin.connect();
  // Holds every migration up at one table, in the middle.
  await admin.query(`
    create function public.stall() returns event_trigger language plpgsql as $$
    begin
      if exists (select 1 from pg_event_trigger_ddl_commands() where object_identity = 'ledger.effects') then
        perform pg_sleep(120);
      end if;
    end $$;
    create event trigger stall on ddl_command_end execute function public.stall()`);
  const migration = startProgram('src/commands/migrate/main.ts', { DATABASE_URL: database.url });
  const stalled = `select pid from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep'`;
  await until(async () => (await admin.query(stalled)).rows.length === 1 || undefined, 'it to be half-way');

  await migration.end('SIGKILL');

  // The server notices a dead client only when it next writes to it.
  await admin.query(`select pg_terminate_backend(pid) from (${stalled}) as it`);
  await admin.query('drop event trigger stall');
  await admin.end();
  const second = startProgram('src/commands/migrate/main.ts', { DATABASE_URL: database.url });
  const pool = openPool({ url: database.url, onError: () => {} });
  await until(
    async () => (await listMissingMigrations(pool)).length === 0 || undefined,
    'the second migration to finish',
  );
  await second.untilWritten('Applied: ');
  await second.end();
  expect(await listMissingMigrations(pool)).toEqual([]);
  await pool.end();
});
