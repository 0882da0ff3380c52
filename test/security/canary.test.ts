/** No secret is anywhere but where it belongs, in any form: unique ones go through all that can happen. */
import { randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { Redis } from 'ioredis';
import pg from 'pg';
import { afterEach, describe, expect, inject, test } from 'vitest';
import { z } from 'zod';
import { coreEnvironment, loadConfig, workerEnvironment } from '../../src/config.ts';
import { loadSecret } from '../../src/ledger/secrets.ts';
import { createScrubber } from '../../src/log/scrubber.ts';
import { formsOf } from '../chaos/checker/secrets.ts';
import { readSinks, type Sink } from '../chaos/sinks.ts';
import { startProgram, type Program } from '../helpers/program.ts';
import { startOwnRedis } from '../helpers/redis.ts';
import { backends, startStack, type Backend, type Stack } from '../helpers/stack.ts';
import { until } from '../helpers/until.ts';
import { startIssuer } from '../server/issuer.ts';
import { makeKey, post, untilReady } from '../server/support.ts';
import { everyAnswer, everyLookAtTheDashboard } from './every-answer.ts';
import { findLeaks, type Canary } from './leaks.ts';

const cleanUps: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp();
});

const canary = (kind: string) => `canary-${kind}-${randomBytes(12).toString('hex')}`;

/** A Redis of the test's own that asks for a password. */
async function startRedisWithPassword(password: string): Promise<string> {
  const server = await startOwnRedis();
  cleanUps.push(() => server.remove());
  const redis = new Redis(server.url);
  await redis.config('SET', 'requirepass', password);
  redis.disconnect();
  const url = new URL(server.url);
  url.password = password;
  return url.href;
}

/** The ledger's address for a user of its own. */
async function addDatabaseUser(databaseUrl: string, password: string): Promise<string> {
  const user = `canary_${randomBytes(6).toString('hex')}`;
  const asAdmin = async (statement: string) => {
    const client = new pg.Client({ connectionString: inject('postgresUrl') });
    await client.connect();
    await client.query(statement);
    await client.end();
  };
  await asAdmin(`create role ${user} superuser login password '${password}'`);
  cleanUps.push(() => asAdmin(`drop role ${user}`));
  const url = new URL(databaseUrl);
  url.username = user;
  url.password = password;
  return url.href;
}

async function startWorkerProgram(environment: Record<string, string>): Promise<Program> {
  const program = startProgram('src/worker/main.ts', environment);
  cleanUps.push(() => program.end('SIGKILL'));
  await program.untilWritten('"worker started"');
  return program;
}

const projectKeys = z.array(z.object({ name: z.string(), api_key: z.string() }));

/** What a provisioning has got of its own: the database password and the project's keys. */
async function secretsOf(stack: Stack, id: string): Promise<Canary[]> {
  const { ENCRYPTION_KEYS: keys } = loadConfig(stack.environment, [coreEnvironment, workerEnvironment]);
  const { rows } = await stack.pool.query<{ name: string }>(
    'select name from ledger.secrets where provisioning_id = $1',
    [id],
  );
  const kept = await Promise.all(
    rows.map(async ({ name }) => ({
      name,
      value: (await loadSecret(stack.pool, keys, { provisioningId: id, name })) ?? '',
    })),
  );
  const { result } = await stack.show(id);
  const answer = await fetch(
    `${stack.sandbox.urls.supabase}/v1/projects/${result['supabaseProjectRef']}/api-keys?reveal=true`,
    { headers: { authorization: `Bearer ${stack.environment['SUPABASE_MANAGEMENT_TOKEN']}` } },
  );
  const handedOut = projectKeys.parse(await answer.json());
  expect(kept.map(({ name }) => name)).toContain('database-password');
  return [
    ...kept,
    ...handedOut.map(({ name, api_key: value }) => ({ name: `project's ${name} key`, value })),
  ];
}

/** The secrets of the installation itself. */
function installed(environment: Readonly<Record<string, string>>): Canary[] {
  const of = (name: string) => ({ name, value: environment[name] ?? '' });
  const encryptionKey = environment['ENCRYPTION_KEYS']?.split(':')[1] ?? '';
  return [
    ...['ADMIN_API_KEY', 'SUPABASE_MANAGEMENT_TOKEN', 'GITHUB_TOKEN', 'VERCEL_TOKEN', 'N8N_API_KEY'].map(of),
    ...(environment['WEBHOOK_SIGNING_SECRET'] ?? '').split(',').map((secret, index) => ({
      name: `signing secret ${index + 1}`,
      value: secret.slice('whsec_'.length),
    })),
    { name: 'encryption key', value: encryptionKey },
    { name: 'bytes of the encryption key', value: Buffer.from(encryptionKey, 'base64').toString('hex') },
  ];
}

interface Run {
  readonly canaries: readonly Canary[];
  readonly sinks: readonly Sink[];
}

/** Success in spite of a crash, failures with an undo, and a caller that puts its key where it does not belong. */
async function run(backend: Backend): Promise<Run> {
  const databasePassword = canary('database');
  const redisPassword = canary('redis');
  const issuer = await startIssuer();
  cleanUps.push(() => issuer.stop());
  const redisUrl = backend === 'redis' ? await startRedisWithPassword(redisPassword) : undefined;
  const stack = await startStack({
    backend,
    workers: 0,
    redisUrl,
    scrubber: createScrubber,
    environment: {
      ...issuer.environment,
      LOG_LEVEL: 'trace',
      LEASE_MS: '5000',
      PROVIDER_TIMEOUT_MS: '3000',
      WEBHOOK_SIGNING_SECRET: [1, 2].map(() => `whsec_${randomBytes(32).toString('base64')}`).join(','),
    },
  });
  cleanUps.push(() => stack.stop());
  const { control, urls } = stack.sandbox;
  const environment = {
    ...stack.environment,
    DATABASE_URL: await addDatabaseUser(stack.environment['DATABASE_URL'] ?? '', databasePassword),
  };
  await untilReady(stack);
  const key = await makeKey(stack, 'admin');
  const jwt = await issuer.sign();
  for (const token of [key.token, jwt, `${jwt}x`]) await stack.call('/api/provisioning', { key: token });
  await stack.call(`/api/${stack.environment['ADMIN_API_KEY']}`);

  const ownCanaries: Canary[] = [];
  const callbackUrl = `${urls.control}/receiver/caller`;
  control.addFault({ provider: 'github', operation: 'listBranches', mode: 'hang-before' });
  const killed = await startWorkerProgram(environment);
  const succeeding = await stack.provision({ callbackUrl });
  await until(() => control.faults()[0]?.fired === 1 || undefined, 'the worker to hang');
  await killed.end('SIGKILL');
  const worker = await startWorkerProgram(environment);
  expect(await stack.waitUntilDone(succeeding.id)).toMatchObject({ status: 'succeeded' });
  ownCanaries.push(...(await secretsOf(stack, succeeding.id)));

  const ids = [succeeding.id];
  const echo = installed(environment)
    .map(({ name, value }) => `${name}: ${value}`)
    .join(', ');
  for (const [provider, operation] of [
    ['vercel', 'createVercelProject'],
    ['n8n', 'createWorkflow'],
  ] as const) {
    const body = { message: `refused ${echo}`, error: { code: 'bad_request', message: `refused ${echo}` } };
    const fault = control.addFault({ provider, operation, mode: 'reject', status: 400, body });
    const { id } = await stack.provision({ callbackUrl, onFailure: 'pause' });
    await until(
      async () => (await stack.show(id)).status === 'paused' || undefined,
      `${operation} to be refused`,
    );
    expect(control.faults().find((one) => one.id === fault)?.fired).toBeGreaterThan(0);
    ownCanaries.push(...(await secretsOf(stack, id)));
    await post(stack, {}, { path: `/api/provisioning/${id}/rollback` });
    expect(await stack.waitUntilDone(id)).toMatchObject({ rollback: { status: 'completed' } });
    ids.push(id);
  }
  const received = await until(() => {
    const all = control.receivedCallbacks('caller');
    return all.length >= 7 ? all : undefined;
  }, 'all callbacks');

  const processes = await argumentsOf();
  const answers = [...(await everyAnswer(stack, ids)), ...(await everyLookAtTheDashboard(stack))];
  const signatures = received.flatMap(({ headers }) => (headers['webhook-signature'] ?? '').split(' '));
  const callbacks = received.map(({ headers: { 'webhook-signature': _own, ...headers }, body }) => ({
    name: 'callback',
    text: `${JSON.stringify(headers)}\n${body}`,
  }));
  const left = await readSinks({
    pool: stack.pool,
    redis: redisUrl === undefined ? undefined : { url: redisUrl },
    takeLogs: () => [
      { name: 'log of the server', text: stack.logLines.join('') },
      { name: 'log of the killed worker', text: killed.output() },
      { name: 'log of the worker', text: worker.output() },
    ],
  });
  return {
    canaries: [
      ...installed(environment),
      ...ownCanaries,
      { name: 'password of the ledger', value: databasePassword },
      ...(redisUrl === undefined ? [] : [{ name: 'password of Redis', value: redisPassword }]),
      { name: 'key of the API', value: key.token.split('_').slice(2).join('_') },
      { name: 'JWT', value: jwt },
      ...signatures.map((signature) => ({ name: 'signature', value: signature.replace(/^v1,/, '') })),
    ],
    sinks: [...left, ...answers, ...callbacks, ...processes],
  };
}

/** The command lines of this machine's processes that run the product; none where there is no /proc. */
async function argumentsOf(): Promise<Sink[]> {
  if (process.platform !== 'linux') return [];
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(
    pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')),
  );
  return [
    { name: 'arguments', text: lines.filter((line) => line.includes('src/worker/main.ts')).join('\n') },
  ];
}

describe.each(backends)('on %s', (backend) => {
  test('no secret is in logs, queue, tables, answers, callbacks, dashboard or arguments', async () => {
    const { canaries, sinks } = await run(backend);

    expect(findLeaks(canaries, sinks)).toEqual([]);
    expect(canaries.length).toBeGreaterThan(25);
    for (const name of [
      /^log of the killed/,
      /^log of the server/,
      /^GET \/metrics/,
      /^dashboard .*\/flow/,
      /^callback/,
      ...(backend === 'redis' ? [/^redis$/] : []),
      ...(process.platform === 'linux' ? [/^arguments$/] : []),
    ])
      expect(sinks.find((sink) => name.test(sink.name) && sink.text.length > 20)?.name).toMatch(name);
    expect(sinks.find(({ name }) => name === 'table ledger.secrets')?.text).toContain('envelope');
  }, 300_000);
});

describe('the scan sees', () => {
  async function logAfterAKeyInThePath(scrubber: typeof createScrubber): Promise<string[]> {
    const stack = await startStack({ backend: 'redis', workers: 0, scrubber });
    cleanUps.push(() => stack.stop());
    await stack.call(`/api/${stack.environment['ADMIN_API_KEY']}`);
    return findLeaks(installed(stack.environment), [{ name: 'log', text: stack.logLines.join('') }]);
  }

  test('what gets out when the scrubber is off, and nothing when it is on', async () => {
    expect(await logAfterAKeyInThePath(() => (text) => text)).toContain(
      'log holds the ADMIN_API_KEY as it is',
    );
    expect(await logAfterAKeyInThePath(createScrubber)).toEqual([]);
  });

  test.each(formsOf('canary-of/a+secret?').map(([form, text]) => [form, text] as const))(
    'a secret %s: %s',
    (form, text) => {
      const canaries = [{ name: 'secret', value: 'canary-of/a+secret?' }];

      expect(findLeaks(canaries, [{ name: 'log', text: `before ${text} after` }])).toContain(
        `log holds the secret ${form}`,
      );
    },
  );
});
