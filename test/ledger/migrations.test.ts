import { randomBytes } from 'node:crypto';
import { runner } from 'node-pg-migrate';
import { afterEach, expect, test } from 'vitest';
import { listMissingMigrations, migrateLedger, requireLedger } from '../../src/ledger/migrate.ts';
import { openPool } from '../../src/ledger/pool.ts';
import { loadSecret } from '../../src/ledger/secrets.ts';
import { createDatabase, type TestDatabase } from '../helpers/database.ts';
import { runProgram } from '../helpers/services/run-program.ts';
import { encryptedDirectly, newProvisioning } from './support.ts';

const databases: TestDatabase[] = [];
afterEach(async () => {
  await Promise.all(databases.splice(0).map((database) => database.drop()));
});

async function emptyDatabase(): Promise<string> {
  const database = await createDatabase();
  databases.push(database);
  return database.url;
}

test('five migrations at once: one works, the others wait, and each finds everything done', async () => {
  const url = await emptyDatabase();

  const applied = await Promise.all(Array.from({ length: 5 }, () => migrateLedger(url)));

  const workers = applied.filter((names) => names.length > 0);
  expect(workers).toHaveLength(1);
  expect(workers[0]?.[0]).toBe('0001_ledger');
  const pool = openPool({ url, onError: () => {} });
  try {
    expect(await listMissingMigrations(pool)).toEqual([]);
    await requireLedger(pool);
  } finally {
    await pool.end();
  }
});

test('five processes that migrate at once all end well, the queue in the same database included', async () => {
  const url = await emptyDatabase();

  const ended = await Promise.all(
    Array.from({ length: 5 }, () =>
      runProgram(process.execPath, ['src/commands/migrate/main.ts'], {
        env: { DATABASE_URL: url },
        timeoutMs: 50_000,
      }),
    ),
  );

  expect(ended.map(({ code, stderr }) => `${code} ${stderr}`)).toEqual(ended.map(() => '0 '));
  expect(ended.filter(({ stdout }) => stdout.startsWith('Applied: 0001_ledger'))).toHaveLength(1);
  const again = await runProgram(process.execPath, ['src/commands/migrate/main.ts'], {
    env: { DATABASE_URL: url },
  });
  expect(again).toMatchObject({ code: 0, stdout: 'The database is up to date.\n' });
});

test('a database without the tables is told apart from one that is up to date', async () => {
  const url = await emptyDatabase();
  const pool = openPool({ url, onError: () => {} });
  try {
    await expect(requireLedger(pool)).rejects.toThrow('npm run migrate');
    expect(await listMissingMigrations(pool)).toContain('0001_ledger');
  } finally {
    await pool.end();
  }
});

test('a migration of a database that is away fails with 1 and says which', async () => {
  const { code, stderr } = await runProgram(process.execPath, ['src/commands/migrate/main.ts'], {
    env: { DATABASE_URL: 'postgres://nobody:no-password-here@127.0.0.1:9/nothing' },
  });

  expect(code).toBe(1);
  expect(stderr).toContain('ECONNREFUSED');
  expect(stderr).not.toContain('no-password-here');
});

test('what was stored before there were envelopes is kept by the migration that brings them', async () => {
  const url = await emptyDatabase();
  await runner({
    databaseUrl: url,
    dir: 'src/ledger/migrations',
    direction: 'up',
    schema: 'ledger',
    createSchema: true,
    migrationsTable: 'migrations',
    count: 6,
    log: () => {},
  });
  const pool = openPool({ url, onError: () => {} });
  try {
    const order = newProvisioning();
    await pool.query(
      `insert into ledger.provisionings (id, client_id, client_name, org_email, tier, on_failure, step_names)
       values ($1, $2, $3, $4, $5, $6, $7)`,
      [
        order.id,
        order.clientId,
        order.clientName,
        order.orgEmail,
        order.tier,
        order.onFailure,
        order.stepNames,
      ],
    );
    const secret = { provisioningId: order.id, name: 'database-password' };
    const key = { id: 'k1', key: randomBytes(32) };
    const [, nonce, ciphertext, tag] = encryptedDirectly(key, secret, 'of old').split('.');
    await pool.query(
      `insert into ledger.secrets (provisioning_id, name, key_id, nonce, ciphertext, tag)
       values ($1, $2, $3, decode($4, 'hex'), decode($5, 'hex'), decode($6, 'hex'))`,
      [secret.provisioningId, secret.name, key.id, nonce, ciphertext, tag],
    );

    expect(await migrateLedger(url)).toContain('0007_envelopes');
    expect(await loadSecret(pool, [key], secret)).toBe('of old');
  } finally {
    await pool.end();
  }
});
