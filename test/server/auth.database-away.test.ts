/** While the database is away nobody gets in who should not, and nobody is told that a right key is wrong. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { coreEnvironment, loadConfig, serverEnvironment } from '../../src/config.ts';
import { createKey } from '../../src/commands/keys/commands.ts';
import { migrateLedger } from '../../src/ledger/migrate.ts';
import { openPool } from '../../src/ledger/pool.ts';
import { createLogger } from '../../src/log/logger.ts';
import { startServer, type RunningServer } from '../../src/server/start.ts';
import { startOwnPostgres } from '../helpers/postgres.ts';
import { redisUrlForFile } from '../helpers/redis.ts';
import type { TestServer } from '../helpers/services/test-server.ts';
import { testEnvironment } from '../helpers/stack.ts';
import { until } from '../helpers/until.ts';
import { startIssuer, type TestIssuer } from './issuer.ts';
import { ask, problemOf } from './support.ts';

/** More than a key is asked for while it is still remembered. */
const perMinute = 200;
let postgres: TestServer;
let issuer: TestIssuer;
let server: RunningServer;
let adminKey: string;
let viewerKey: string;
beforeAll(async () => {
  [postgres, issuer] = await Promise.all([startOwnPostgres(), startIssuer()]);
  const redis = redisUrlForFile();
  const environment = {
    ...testEnvironment(postgres.url),
    ...issuer.environment,
    REDIS_URL: redis.url,
    RATE_LIMIT_PER_MINUTE: String(perMinute),
  };
  const config = loadConfig(environment, [coreEnvironment, serverEnvironment]);
  adminKey = config.ADMIN_API_KEY;
  await migrateLedger(postgres.url);
  const pool = openPool({ url: postgres.url, onError: () => {} });
  viewerKey = (await createKey(pool, { name: 'v', role: 'viewer', expiresInDays: 1 })).result ?? '';
  await pool.end();
  const log = createLogger({ level: 'silent', secrets: [] });
  const { signal } = new AbortController();
  server = await startServer({ config, log, signal, queuePrefix: redis.prefix });
});
afterAll(async () => {
  await postgres?.start().catch(() => {});
  await server?.stop();
  await issuer?.stop();
  await postgres?.remove();
});

/** Nothing is there, and who is known to the server is told so. */
const nowhere = '/nothing/here';

test('the database away: 503 for its keys, a wrong key is wrong, the admin key and JWTs are known', async () => {
  expect((await ask(server.url, nowhere, viewerKey)).status).toBe(404);
  await postgres.stop();

  const response = await until(async () => {
    const answer = await ask(server.url, nowhere, viewerKey);
    return answer.status === 404 ? undefined : answer;
  }, 'the key to be looked up anew');
  expect(response.status).toBe(503);
  expect(response.headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
  expect((await problemOf(response)).code).toBe('database-unavailable');

  expect((await ask(server.url, nowhere, `cpk_0123456789ab_${'A'.repeat(43)}`)).status).toBe(503);
  expect((await ask(server.url, nowhere, 'wrong')).status).toBe(401);
  expect((await ask(server.url, nowhere, await issuer.sign())).status).toBe(404);
  expect((await ask(server.url, nowhere, adminKey)).status).toBe(404);
  expect((await ask(server.url, '/api/provisioning', adminKey)).status).toBe(503);
});

test('and nobody signs in, nor is told that their session is none', async () => {
  const signIn = (key: string) =>
    fetch(`${server.url}/admin/sign-in`, {
      method: 'POST',
      redirect: 'manual',
      body: new URLSearchParams({ key }),
    });
  const answers = [
    await signIn(adminKey),
    await signIn(await issuer.sign()),
    await fetch(`${server.url}/admin/queues`, {
      headers: { cookie: `client-provisioner-session=${'A'.repeat(43)}` },
    }),
  ];

  for (const answer of answers) {
    expect(answer.status).toBe(503);
    expect(answer.headers.get('set-cookie')).toBeNull();
    expect((await problemOf(answer)).code).toBe('database-unavailable');
  }
});

test('the limits hold all the same, and all is as before once it is back', async () => {
  const statuses: number[] = [];
  for (let count = 0; count < perMinute + 5; count += 1)
    statuses.push((await ask(server.url, nowhere, adminKey)).status);
  expect(statuses.at(-1)).toBe(429);

  const guesses: number[] = [];
  for (let count = 0; count < 35; count += 1) guesses.push((await ask(server.url, nowhere, 'wrong')).status);
  expect(guesses[0]).toBe(401);
  expect(guesses.at(-1)).toBe(429);
  expect((await ask(server.url, nowhere, adminKey)).status).toBe(429);

  await postgres.start();
  await until(
    async () => (await ask(server.url, nowhere, viewerKey)).status === 404 || undefined,
    'the key to be known again',
  );
});
