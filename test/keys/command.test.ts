/** `npm run keys` as a person runs it. */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadSecret } from '../../src/ledger/secrets.ts';
import { createDatabase } from '../helpers/database.ts';
import { runProgram, type Ended } from '../helpers/services/run-program.ts';
import { startApi } from '../server/support.ts';
import type { Stack } from '../helpers/stack.ts';
import { keepSecret } from '../ledger/support.ts';

let stack: Stack;
beforeAll(async () => {
  stack = await startApi();
});
afterAll(() => stack?.stop());

function runKeys(args: readonly string[], environment: Record<string, string> = {}): Promise<Ended> {
  return runProgram(process.execPath, ['src/commands/keys/main.ts', ...args], {
    // Nothing but the database: who has its address may make keys.
    env: { PATH: process.env['PATH'], DATABASE_URL: stack.environment['DATABASE_URL'], ...environment },
    timeoutMs: 30_000,
  });
}

const statusWith = async (key: string) => (await stack.call('/api/provisioning', { key })).status;

test('a key is made, shown once, listed without its secret, and revoked', async () => {
  const made = await runKeys(['create', '--name', 'ci', '--role', 'operator', '--expires-in-days', '90']);
  const token = made.stdout.trim();

  expect(made.code).toBe(0);
  expect(token).toMatch(/^cpk_[0-9a-f]{12}_[\w-]{43}$/);
  expect(made.stderr).toContain('not shown again');
  expect(await statusWith(token)).toBe(200);

  const [, id = ''] = token.split('_');
  const listed = await runKeys(['list']);
  expect(listed.code).toBe(0);
  expect(listed.stdout).toMatch(new RegExp(`^${id} +ci +operator +usable +\\d{4}-`, 'm'));
  expect(listed.stdout + listed.stderr).not.toContain(token.slice(17));

  const revoked = await runKeys(['revoke', id]);
  expect(revoked.code).toBe(0);
  expect(revoked.stderr).toContain('was revoked at');
  const again = await runKeys(['revoke', id]);
  expect(again).toMatchObject({ code: 0, stderr: revoked.stderr });
  expect((await runKeys(['list'])).stdout).toMatch(new RegExp(`^${id} +ci +operator +revoked`, 'm'));
});

test('a name cannot steer the terminal, and one as in SQL is a name', async () => {
  const name = `Robert'); drop table ledger.api_keys; --`;
  expect((await runKeys(['create', '--name', name, '--role', 'viewer'])).code).toBe(0);
  await stack.pool.query(
    `insert into ledger.api_keys (id, name, role, verifier) values ('aaaaaaaaaaaa', $1, 'viewer', $2)`,
    ['red \u001b[31m', Buffer.alloc(32)],
  );

  const { stdout } = await runKeys(['list']);

  expect(stdout).toContain(name);
  expect(stdout).toContain('red ?[31m');
  expect(stdout).not.toContain('\u001b');
});

describe('it says what is wrong, and exits with', () => {
  test('2 where the command line is', async () => {
    const { code, stdout, stderr } = await runKeys(['create', '--name', 'ci', '--role', 'owner']);

    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toBe(
      '--role: must be one of viewer, provisioner, operator, admin.\nnpm run keys -- --help explains the commands.\n',
    );
  });

  test('1 where there is no such key', async () => {
    const { code, stderr } = await runKeys(['revoke', 'ffffffffffff']);

    expect({ code, stderr }).toEqual({ code: 1, stderr: 'There is no key ffffffffffff.\n' });
  });

  test('1 where variables are missing', async () => {
    const { code, stderr } = await runKeys(['rotate'], { DATABASE_URL: '' });

    expect(code).toBe(1);
    expect(stderr).toMatch(/DATABASE_URL is missing\n {2}- ENCRYPTION_KEYS is missing/);
  });

  test('1 where the database is away', async () => {
    const { code, stderr } = await runKeys(['list'], { DATABASE_URL: 'postgres://u:secret@127.0.0.1:1/d' });

    expect(code).toBe(1);
    expect(stderr).toMatch(/^The database cannot be reached \(.*\): is DATABASE_URL right\?\n$/);
  });

  test('1 where the database has no tables yet', async () => {
    const empty = await createDatabase();
    const { code, stderr } = await runKeys(['list'], { DATABASE_URL: empty.url });
    await empty.drop();

    expect(code).toBe(1);
    expect(stderr).toContain('run "npm run migrate"');
  });
});

test('rotate encrypts with the first key, says which old ones are free, and names those that it lacks', async () => {
  const [old, current] = [
    { id: 'k2025', key: randomBytes(32) },
    { id: 'k2026', key: randomBytes(32) },
  ];
  const text = (...keys: (typeof old)[]) =>
    keys.map(({ id, key }) => `${id}:${key.toString('base64')}`).join(',');
  const { id: provisioningId } = await stack.provision();
  const secret = { provisioningId, name: 'database-password' };
  await keepSecret(stack.pool, [old], secret, 'a password');

  const lacking = await runKeys(['rotate'], { ENCRYPTION_KEYS: text(current) });
  expect(lacking.code).toBe(1);
  expect(lacking.stderr).toContain('1 secret(s) of the key k2025 cannot be read');

  const rotated = await runKeys(['rotate'], { ENCRYPTION_KEYS: text(current, old) });
  expect(rotated.code).toBe(0);
  expect(rotated.stderr).toContain('1 secret(s) encrypted anew with the key k2026.');
  expect(rotated.stderr).toContain('No secret needs k2025 any more.');
  expect(rotated.stdout + rotated.stderr).not.toContain('a password');

  const again = await runKeys(['rotate'], { ENCRYPTION_KEYS: text(current) });
  expect(again).toMatchObject({ code: 0, stderr: '0 secret(s) encrypted anew with the key k2026.\n' });
  expect(await loadSecret(stack.pool, [current], secret)).toBe('a password');
});
