/** `init` and `doctor --local`, against a sandbox of the providers, a real PostgreSQL and a real Redis. */
import { chmod, readFile, readdir, stat, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseEnv } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { Redis } from 'ioredis';
import { createDatabase } from '../helpers/database.ts';
import { startOwnRedis } from '../helpers/redis.ts';
import { startStack, type Stack } from '../helpers/stack.ts';
import { newPerson, openTerminal, run, type Person, type Terminal } from './support.ts';

let stack: Stack;
beforeAll(async () => {
  stack = await startStack({ backend: 'redis', workers: 0 });
});
beforeEach(() => stack.sandbox.control.reset());
afterAll(() => stack?.stop());

/** What a person with a service of their own would have in the environment: no keys yet. */
function given(): Record<string, string> {
  const keys = ['ADMIN_API_KEY', 'ENCRYPTION_KEYS', 'WEBHOOK_SIGNING_SECRET'];
  return { ...without(stack.environment, ...keys), SCHEMA_PATH: resolve('test/helpers/template-schema') };
}

function without(environment: Record<string, string>, ...names: string[]): Record<string, string> {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !names.includes(name)));
}

const envOf = async ({ home }: Person) => parseEnv(await readFile(join(home, '.env'), 'utf8'));
const secretNames = ['SUPABASE_MANAGEMENT_TOKEN', 'GITHUB_TOKEN', 'VERCEL_TOKEN', 'N8N_API_KEY'] as const;

function expectNoSecrets(text: string, values: Readonly<Record<string, string | undefined>>): void {
  for (const name of [...secretNames, 'ADMIN_API_KEY', 'ENCRYPTION_KEYS', 'WEBHOOK_SIGNING_SECRET']) {
    expect(values[name] ?? '', name).not.toBe('');
    expect(text, name).not.toContain(values[name]);
  }
}

describe('init --from-env', () => {
  test('tries every provider, makes the keys, and writes a file for its owner alone', async () => {
    const person = await newPerson(given());

    const { code, stdout, stderr } = await run(person, ['init', '--from-env']);

    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(stderr).toMatch(/^✓ database: PostgreSQL/m);
    expect(stderr).toMatch(/^✓ n8n scopes:/m);
    const written = await envOf(person);
    expect(written).toMatchObject(given());
    expect(written['ENCRYPTION_KEYS']).toMatch(/^k1:.{44}$/);
    expectNoSecrets(stdout + stderr, written);
    expect((await stat(join(person.home, '.env'))).mode & 0o777).toBe(0o600);
  });

  test('lists every missing variable, and writes nothing: exit code 2', async () => {
    const person = await newPerson(without(given(), 'GITHUB_TOKEN', 'N8N_HOST'));
    const { code, stderr } = await run(person, ['init', '--from-env']);
    expect(code).toBe(2);
    expect(stderr).toContain('GITHUB_TOKEN is missing');
    expect(stderr).toContain('N8N_HOST is missing');
    expect(await readdir(person.home)).not.toContain('.env');
  });

  test('writes nothing where a check fails, and says what to do: exit code 1', async () => {
    stack.sandbox.control.revokeToken('github');
    const person = await newPerson(given());
    const { code, stderr } = await run(person, ['init', '--from-env']);
    expect(code).toBe(1);
    expect(stderr).toContain('Renew GITHUB_TOKEN');
    expect(await readdir(person.home)).not.toContain('.env');
  });

  test('replaces a file only with --force, keeps a copy for its owner, and keeps the keys that were in it', async () => {
    const person = await newPerson(given());
    await run(person, ['init', '--from-env']);
    const before = await envOf(person);
    await chmod(join(person.home, '.env'), 0o644);
    expect(await run(person, ['init', '--from-env'])).toMatchObject({ code: 2 });

    expect(await run(person, ['init', '--from-env', '--force'])).toMatchObject({ code: 0 });

    const after = await envOf(person);
    for (const name of ['ENCRYPTION_KEYS', 'ADMIN_API_KEY', 'WEBHOOK_SIGNING_SECRET'])
      expect(after[name]).toBe(before[name]);
    const copy = (await readdir(person.home)).find((name) => name.startsWith('.env.backup-')) ?? '';
    expect((await stat(join(person.home, copy))).mode & 0o777).toBe(0o600);
    expect(parseEnv(await readFile(join(person.home, copy), 'utf8'))).toEqual(before);
  });
});

describe('init at a terminal', () => {
  const answer = async (terminal: Terminal, question: string, text: string) => {
    await terminal.untilShown(question);
    terminal.type(`${text}\r`);
  };

  test('asks section by section, tries each provider at once, and shows no secret', async () => {
    const values = given();
    // What an operator is not asked for: the sandbox's addresses, as for an Enterprise server.
    const { SUPABASE_API_URL, GITHUB_API_URL, VERCEL_API_URL, SUPABASE_DB_SSL, SUPABASE_DB_SESSION_PORT } =
      values;
    const person = await newPerson({ HOST: 'the-machine-of-a-person' });
    const kept = {
      SUPABASE_API_URL,
      GITHUB_API_URL,
      VERCEL_API_URL,
      SUPABASE_DB_SSL,
      SUPABASE_DB_SESSION_PORT,
    };
    const lines = Object.entries(kept).map(([name, value]) => `${name}=${value}`);
    await writeFile(join(person.home, '.env'), lines.join('\n'));
    const terminal = openTerminal(person, ['init']);
    await terminal.untilShown('Replace it?');
    terminal.type('y');

    await answer(terminal, '[DATABASE_URL]', values['DATABASE_URL'] ?? '');
    await answer(terminal, '[REDIS_URL]', values['REDIS_URL'] ?? '');
    await answer(terminal, '[PUBLIC_URL]', 'https://provisioner.example');
    await answer(terminal, '[SUPABASE_MANAGEMENT_TOKEN]', values['SUPABASE_MANAGEMENT_TOKEN'] ?? '');
    await answer(terminal, '[SUPABASE_ORG_ID]', values['SUPABASE_ORG_ID'] ?? '');
    await answer(terminal, '[SUPABASE_REGION]', '');
    await terminal.untilShown('[SCHEMA_PATH]');
    terminal.type(`\u0015${values['SCHEMA_PATH']}\r`);
    await answer(terminal, '[GITHUB_TOKEN]', 'ghp_not_the_right_one_at_all_000000000000');
    await answer(terminal, '[GITHUB_ORG]', values['GITHUB_ORG'] ?? '');
    await answer(terminal, '[GITHUB_TEMPLATE_REPO]', values['GITHUB_TEMPLATE_REPO'] ?? '');
    await terminal.untilShown('Renew GITHUB_TOKEN');
    await terminal.untilShown('Go on all the same?');
    terminal.type('n');
    await answer(terminal, '(Enter keeps the one there is)', values['GITHUB_TOKEN'] ?? '');
    await terminal.untilShown('[GITHUB_ORG]');
    terminal.type('\r');
    await terminal.untilShown('[GITHUB_TEMPLATE_REPO]');
    terminal.type('\r');
    await answer(terminal, '[VERCEL_TOKEN]', values['VERCEL_TOKEN'] ?? '');
    await answer(terminal, '[VERCEL_TEAM_ID]', values['VERCEL_TEAM_ID'] ?? '');
    await answer(terminal, '[N8N_API_KEY]', values['N8N_API_KEY'] ?? '');
    await answer(terminal, '[N8N_HOST]', values['N8N_HOST'] ?? '');
    await answer(terminal, '[N8N_WEBHOOK_URL]', '');

    expect(await terminal.ended).toBe(0);
    const written = await envOf(person);
    expect(written).toMatchObject({
      ...kept,
      GITHUB_TOKEN: values['GITHUB_TOKEN'],
      N8N_API_KEY: values['N8N_API_KEY'],
      DATABASE_URL: values['DATABASE_URL'],
      PUBLIC_URL: 'https://provisioner.example',
      SUPABASE_REGION: 'smartGroup:emea',
    });
    expect(written).not.toHaveProperty('HOST');
    expectNoSecrets(terminal.raw(), written);
    expect((await stat(join(person.home, '.env'))).mode & 0o777).toBe(0o600);
  });
});

describe('doctor --local', () => {
  async function withEnvFile(changes: Record<string, string> = {}): Promise<Person> {
    const person = await newPerson();
    const values = { ...stack.environment, SCHEMA_PATH: resolve('test/helpers/template-schema'), ...changes };
    const lines = Object.entries(values).map(([name, value]) => `${name}=${value}`);
    await writeFile(join(person.home, '.env'), lines.join('\n'), { mode: 0o600 });
    return person;
  }
  interface Report {
    checks: { name: string; ok: boolean; detail: string; fix?: string }[];
  }
  async function failures(person: Person): Promise<{ code: number | null; failed: Record<string, string> }> {
    const { code, stdout } = await run(person, ['doctor', '--local', '--json']);
    const failed = (JSON.parse(stdout) as Report).checks.filter(({ ok }) => !ok);
    return { code, failed: Object.fromEntries(failed.map(({ name, detail }) => [name, detail])) };
  }

  test('says of each thing that it holds, with nothing running', async () => {
    const { code, stdout } = await run(await withEnvFile(), ['doctor', '--local']);
    expect(stdout).toMatch(/^✓ node: 2\d\./m);
    expect(stdout).toMatch(/^✓ \.env: mode 0600$/m);
    expect(stdout).toMatch(/^✓ disk: .* GB free/m);
    expect(stdout).toMatch(/^✓ database: PostgreSQL/m);
    expect(stdout).toMatch(/^✓ clock: agrees/m);
    expect(stdout).toMatch(/^✓ migrations: the database is up to date$/m);
    expect(stdout).toMatch(/^✓ queue: Redis .*noeviction$/m);
    expect(stdout).toMatch(/^✓ n8n api:/m);
    expect({ code, failed: stdout.match(/^✗.*$/gm) }).toEqual({ code: 0, failed: null });
  });

  test('names what does not hold: database, queue, mode and a variable', async () => {
    const person = await withEnvFile({
      DATABASE_URL: 'postgres://me:a-secret-password@127.0.0.1:2/x',
      REDIS_URL: 'redis://:a-secret-password@127.0.0.1:2',
      ENCRYPTION_KEYS: '',
    });
    await chmod(join(person.home, '.env'), 0o640);

    const { code, failed } = await failures(person);

    expect(code).toBe(1);
    expect(failed).toEqual({
      variables: 'ENCRYPTION_KEYS is missing',
      '.env': 'mode 0640',
      database: 'it cannot be reached: ECONNREFUSED',
      queue: 'Redis cannot be reached: ECONNREFUSED',
    });
  });

  test('names migrations that are missing, and a Redis that may drop jobs', async () => {
    const [database, server] = await Promise.all([createDatabase(), startOwnRedis()]);
    onTestFinished(async () => void (await Promise.all([database.drop(), server.remove()])));
    const redis = new Redis(server.url);
    await redis.config('SET', 'maxmemory-policy', 'allkeys-lru');
    redis.disconnect();
    const person = await withEnvFile({ DATABASE_URL: database.url, REDIS_URL: server.url });

    const { failed } = await failures(person);

    expect(failed).toEqual({
      migrations: expect.stringMatching(/^\d+ missing$/) as string,
      queue: expect.stringMatching(/maxmemory-policy allkeys-lru$/) as string,
    });
  });
});
