import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { runProgram } from '../helpers/services/run-program.ts';
import { goodEnvironment } from './support.ts';

const core = ['DATABASE_URL'];
const server = ['ADMIN_API_KEY'];
const providers = [
  'SUPABASE_MANAGEMENT_TOKEN',
  'SUPABASE_ORG_ID',
  'SUPABASE_REGION',
  'GITHUB_TOKEN',
  'GITHUB_ORG',
  'GITHUB_TEMPLATE_REPO',
  'VERCEL_TOKEN',
  'N8N_API_KEY',
  'N8N_HOST',
];
const worker = ['ENCRYPTION_KEYS', 'WEBHOOK_SIGNING_SECRET', 'SCHEMA_PATH', ...providers];

/** What each program needs, and a malformed value that it would notice. */
const programs: readonly [file: string, needs: readonly string[], malformed: Record<string, string>][] = [
  ['src/server/main.ts', [...core, ...server], { PORT: 'x', CALLBACK_ALLOWED_HOSTS: 'a b' }],
  ['src/worker/main.ts', [...core, ...worker], { LEASE_MS: 'x', SUPABASE_DB_SSL: 'x' }],
  ['src/main.ts', [...core, ...server, ...worker], { PORT: 'x', LEASE_MS: 'x', SUPABASE_DB_SSL: 'x' }],
  ['src/commands/migrate/main.ts', core, { REDIS_URL: 'x' }],
  ['src/commands/orphans/main.ts', [...core, ...providers], { POLL_BASE_MS: 'x', SUPABASE_DB_SSL: 'x' }],
];

async function run(file: string, env: Readonly<Record<string, string>>) {
  const { code, stdout, stderr } = await runProgram(process.execPath, [file], { env, timeoutMs: 50_000 });
  const named = stderr.split('\n').flatMap((line) => /^ {2}- (\w+)/.exec(line)?.[1] ?? []);
  return { code, stdout, stderr, named };
}

test.each(programs)(
  '%s exits with 1 and names every variable that is missing together with every one that is malformed',
  async (file, needs, malformed) => {
    const [present = '', ...missing] = needs;
    const given = { [present]: goodEnvironment[present] ?? '', ...malformed };
    const { code, stdout, stderr, named } = await run(file, given);

    expect(named.toSorted()).toEqual([...missing, ...Object.keys(malformed)].toSorted());
    expect(stderr).toContain('.env.example');
    // A message for people: no stack.
    expect(stderr).not.toMatch(/^\s+at /m);
    expect(stdout).toBe('');
    expect(code).toBe(1);
  },
);

test.each(['src/worker/main.ts', 'src/main.ts'])(
  '%s names a schema that is not there together with everything else',
  async (file) => {
    const { code, stderr, named } = await run(file, {
      ...goodEnvironment,
      SCHEMA_PATH: 'nowhere',
      LEASE_MS: 'x',
    });

    expect(named.toSorted()).toEqual(['LEASE_MS', 'SCHEMA_PATH']);
    expect(stderr).toContain('nowhere');
    expect(code).toBe(1);
  },
);

test('a server that cannot have its port says so and exits with 1', async () => {
  const occupant = createServer().listen(0, '127.0.0.1');
  onTestFinished(() => void occupant.close());
  await once(occupant, 'listening');
  const { port } = occupant.address() as AddressInfo;

  const { code, stderr } = await run('src/server/main.ts', {
    ...goodEnvironment,
    HOST: '127.0.0.1',
    PORT: String(port),
  });

  expect(stderr).toContain(`127.0.0.1:${port}`);
  expect(code).toBe(1);
});
