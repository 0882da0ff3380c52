/** Whatever a job holds, by whoever's mistake, the dashboard shows no secret of it. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openQueues } from '../../src/queue/queues.ts';
import { createScrubber } from '../../src/log/scrubber.ts';
import { startOwnRedis } from '../helpers/redis.ts';
import type { TestServer } from '../helpers/services/test-server.ts';
import { backends, startStack, type Backend, type Stack } from '../helpers/stack.ts';
import { until } from '../helpers/until.ts';
import { untilReady } from '../server/support.ts';
import { everyLookAtTheDashboard } from './every-answer.ts';
import { findLeaks } from './leaks.ts';

/** Variables of the server; a step's error could quote each. */
const secretNames = [
  'ADMIN_API_KEY',
  'GITHUB_TOKEN',
  'N8N_API_KEY',
  'VERCEL_TOKEN',
  'SUPABASE_MANAGEMENT_TOKEN',
];

describe.each(backends)('on %s', (backend) => {
  let redis: TestServer | undefined;
  let stack: Stack;
  beforeAll(async () => {
    redis = backend === 'redis' ? await startOwnRedis() : undefined;
    stack = await startStackWith(createScrubber);
    await plantJob(stack, backend);
  });
  afterAll(async () => {
    await stack?.stop();
    await redis?.remove();
  });

  async function startStackWith(scrubber: typeof createScrubber): Promise<Stack> {
    // An address of its own leaves the queue's names as they are, so that the test finds them.
    const started = await startStack({ backend, workers: 0, redisUrl: redis?.url ?? 'none', scrubber });
    await untilReady(started);
    return started;
  }

  const canaries = (of: Stack) => secretNames.map((name) => ({ name, value: of.environment[name] ?? '' }));

  test('a secret in the data, options, error, stack trace or log of a job is not shown', async () => {
    const looks = await everyLookAtTheDashboard(stack);

    expect(findLeaks(canaries(stack), looks)).toEqual([]);
    expect(looks.filter(({ text }) => text.includes('[secret]')).map(({ name }) => name)).toEqual(
      expect.arrayContaining([
        expect.stringContaining('status=failed') as string,
        'dashboard /api/queues/provisioning/planted',
        'dashboard /api/queues/provisioning/planted/logs',
      ]),
    );
  });

  test('without the scrubber it would be', async () => {
    const bare = await startStackWith(() => (text) => text);
    try {
      await plantJob(bare, backend);

      expect(findLeaks(canaries(bare), await everyLookAtTheDashboard(bare))).not.toEqual([]);
    } finally {
      await bare.stop();
    }
  });

  test('HEAD tells the length and the ETag of what is shown, and nothing is compressed past the scrubber', async () => {
    for (const path of ['/admin/queues/', '/admin/queues/api/queues/provisioning/planted']) {
      const headers = { 'accept-encoding': 'gzip, br' };
      const [shown, head] = await Promise.all([
        stack.call(path, { headers }),
        stack.call(path, { method: 'HEAD', headers }),
      ]);
      const body = await shown.text();

      expect(shown.headers.get('content-encoding')).toBeNull();
      expect(shown.headers.get('content-length')).toBe(String(Buffer.byteLength(body)));
      expect(head.headers.get('content-length')).toBe(shown.headers.get('content-length'));
      expect(await head.text()).toBe('');
      expect(shown.headers.get('etag')).toMatch(/^W\/"/);
      expect(head.headers.get('etag')).toBe(shown.headers.get('etag'));
    }
  });
});

/** A failed job that has every secret everywhere. */
async function plantJob(stack: Stack, backend: Backend): Promise<void> {
  const secrets = secretNames.map((name) => stack.environment[name]).join(' ');
  const queues = await openQueues({
    redisUrl: backend === 'redis' ? stack.environment['REDIS_URL'] : undefined,
    databaseUrl: stack.environment['DATABASE_URL'] ?? '',
    onError: () => {},
  });
  try {
    const queue = queues.all.find(({ name }) => name === 'provisioning');
    await queue?.remove('planted');
    const job = await queue?.add(
      `named ${secrets}`,
      { provisioningId: secrets, nested: { url: `https://h.example/?token=${encodeURIComponent(secrets)}` } },
      { jobId: 'planted', deduplication: { id: secrets } },
    );
    await job?.log(`answered ${secrets}`);
    await queues.startWorker('provisioning', 1, () => Promise.reject(new Error(`refused ${secrets}`)));
    await until(async () => (await job?.isFailed()) === true || undefined, 'the job to fail');
  } finally {
    await queues.close();
  }
}
