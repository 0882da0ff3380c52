/** `GET /api/preflight` and `POST /api/provisioning?dryRun=true`: a worker answers, and nothing is written. */
import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { backends, newClientId, startStack, type Stack } from '../helpers/stack.ts';
import { anyText } from '../sandbox/matchers.ts';
import { order, post, problemOf, untilReady } from '../server/support.ts';
import { failuresIn, type ShownCheck } from './support.ts';

interface ShownPlan {
  dryRun: boolean;
  ok: boolean;
  clientId: string;
  clientIsFree: boolean;
  takenBy: { provisioningId: string; code: string } | null;
  steps: string[];
  names: Record<string, string>;
  resources: { kind: string; name: string; existing: unknown[] | null }[];
  preflight: { ok: boolean; checks: ShownCheck[] };
}

const dryRun = '/api/provisioning?dryRun=true';

/** Every row of the ledger, table by table, but what the workers count all the time. */
async function ledgerOf({ pool }: Stack): Promise<Record<string, unknown>> {
  const { rows: tables } = await pool.query<{ name: string }>(
    `select table_name as name from information_schema.tables where table_schema = 'ledger' and table_name <> 'worker_metrics' order by 1`,
  );
  const rows = tables.map(async ({ name }) => [
    name,
    (await pool.query(`select to_jsonb(t) as row from ledger."${name}" t order by t::text`)).rows,
  ]);
  return Object.fromEntries(await Promise.all(rows)) as Record<string, unknown>;
}

describe.each(backends)('with the queue in %s', (backend) => {
  let stack: Stack;
  beforeAll(async () => {
    stack = await startStack({ backend });
    // Questions go through the queue.
    await untilReady(stack);
  });
  afterEach(() => stack.sandbox.control.reset());
  afterAll(() => stack?.stop());

  async function plan(body: Record<string, unknown>, headers = {}): Promise<ShownPlan> {
    const response = await post(stack, body, { path: dryRun, headers });
    expect(response.status).toBe(200);
    return (await response.json()) as ShownPlan;
  }

  test('the preflight is answered 200 with every check', async () => {
    const response = await stack.call('/api/preflight');

    expect(response.status).toBe(200);
    const report = (await response.json()) as { ok: boolean; checks: ShownCheck[] };
    expect(report.ok).toBe(true);
    expect(report.checks).toHaveLength(17);
    expect(report.checks[0]).toEqual({
      provider: 'supabase',
      name: 'token',
      ok: true,
      detail: anyText,
      fix: null,
    });
  });

  test('a check that fails makes it not ok, and is still an answer', async () => {
    stack.sandbox.control.setGithubScopes(['repo']);

    const response = await stack.call('/api/preflight');

    expect(response.status).toBe(200);
    const report = (await response.json()) as { ok: boolean; checks: ShownCheck[] };
    expect(report.ok).toBe(false);
    expect(Object.keys(failuresIn(report.checks))).toEqual(['github create-and-delete']);
  });

  test('callers that ask at the same time are all answered', async () => {
    const answers = await Promise.all(Array.from({ length: 5 }, () => stack.call('/api/preflight')));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
  });

  test('a dry run answers 200 with the names, what exists, and the checks', async () => {
    const externalId = await stack.sandbox.control.createForeign('github.repository', 'client-acme-app');

    const { preflight, resources, ...told } = await plan(order({ clientId: 'acme' }));

    expect(told).toEqual({
      dryRun: true,
      ok: false,
      clientId: 'acme',
      clientIsFree: true,
      takenBy: null,
      steps: ['supabase-project', 'database-schema', 'github-repo', 'vercel-deployment', 'n8n-webhooks'],
      names: {
        'supabase.project': 'client-acme-prod',
        'github.repository': 'client-acme-app',
        'vercel.project': 'client-acme-app',
        'n8n.workflow': 'Client acme',
        'n8n.webhook': 'client-acme/content',
      },
    });
    expect(resources.map(({ kind, existing }) => [kind, existing?.length])).toEqual([
      ['supabase.project', 0],
      ['github.repository', 1],
      ['vercel.project', 0],
      ['n8n.workflow', 0],
    ]);
    expect(resources[1]?.existing).toMatchObject([{ externalId, name: 'client-acme-app' }]);
    expect(Object.keys(failuresIn(preflight.checks))).toEqual(['github name-free']);
  });

  test('a dry run writes nothing to the ledger or to a provider, and keeps neither client nor key', async () => {
    const before = await ledgerOf(stack);
    const body = order();
    const headers = { 'idempotency-key': randomUUID() };

    expect(await plan(body, headers)).toMatchObject({ ok: true, clientIsFree: true });

    expect(await ledgerOf(stack)).toEqual(before);
    const sent = stack.sandbox.control.journal();
    expect(sent.length).toBeGreaterThan(0);
    expect(sent.filter(({ method, effect }) => method !== 'GET' || effect !== 'none')).toEqual([]);
    const accepted = await post(stack, body, { headers });
    expect(accepted.status).toBe(202);
    const { id } = (await accepted.json()) as { id: string };
    expect(await stack.waitUntilDone(id)).toMatchObject({ status: 'succeeded' });
  });

  test('a client that would be refused with 409 is told, with the provisioning that has its place', async () => {
    const clientId = newClientId();
    const { id } = await stack.provision({ clientId });

    const busy = await plan(order({ clientId }));
    await stack.waitUntilDone(id);
    const taken = await plan(order({ clientId }));

    expect(busy).toMatchObject({ ok: false, clientIsFree: false });
    expect(busy.takenBy?.provisioningId).toBe(id);
    expect(taken).toMatchObject({
      ok: false,
      clientIsFree: false,
      takenBy: { provisioningId: id, code: 'client-exists' },
    });
    expect(taken.resources.map(({ existing }) => existing?.length)).toEqual([1, 1, 1, 1]);
  });
});

describe('what is refused', () => {
  let stack: Stack;
  beforeAll(async () => {
    stack = await startStack({ backend: 'redis', workers: 0 });
  });
  afterAll(() => stack?.stop());

  test('both need a key', async () => {
    expect((await stack.call('/api/preflight', { key: '' })).status).toBe(401);
    expect((await post(stack, order(), { path: dryRun, key: '' })).status).toBe(401);
  });

  test('an unknown query parameter is 400, and so is a dryRun that is neither true nor false', async () => {
    expect((await stack.call('/api/preflight?fast=true')).status).toBe(400);
    for (const value of ['1', 'TRUE', ''])
      expect((await post(stack, order(), { path: `/api/provisioning?dryRun=${value}` })).status).toBe(400);
  });

  test.each([
    ['no body', '{}'],
    ['wrong fields', { ...order(), clientId: 'No Good', tier: 'gold' }],
    ['an unknown field', { ...order(), colour: 'red' }],
    ['a callback URL that is not public', { ...order(), callbackUrl: 'https://10.0.0.1/' }],
    ['no JSON', '{'],
  ])('a dry run with %s is refused exactly as the real thing', async (_what, body) => {
    const real = await problemOf(await post(stack, body));
    const dry = await problemOf(await post(stack, body, { path: dryRun }));
    expect(dry.status).toBe(400);
    expect({ ...dry, requestId: '' }).toEqual({ ...real, requestId: '' });
  });

  test('dryRun=false is the real thing', async () => {
    expect((await post(stack, order(), { path: '/api/provisioning?dryRun=false' })).status).toBe(202);
  });

  test('without a worker both are answered 503, with a time to come back', async () => {
    const answers = await Promise.all([stack.call('/api/preflight'), post(stack, order(), { path: dryRun })]);

    for (const answer of answers) {
      expect(answer.headers.get('retry-after')).toMatch(/^\d+$/);
      expect(await problemOf(answer)).toMatchObject({ status: 503, code: 'worker-unavailable' });
    }
  });
});

test('while the queue is away it is answered 503 at once', async () => {
  const stack = await startStack({
    backend: 'redis',
    workers: 0,
    environment: { REDIS_URL: 'redis://127.0.0.1:1' },
  });
  try {
    const before = performance.now();
    expect(await problemOf(await stack.call('/api/preflight'))).toMatchObject({
      status: 503,
      code: 'worker-unavailable',
    });
    expect(performance.now() - before).toBeLessThan(15_000);
  } finally {
    await stack.stop();
  }
});
