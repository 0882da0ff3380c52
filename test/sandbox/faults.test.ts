import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { FaultMode, FaultRequest } from '../../sandbox/sandbox.ts';
import {
  createWorkflow,
  generate,
  openSandbox,
  projectOrder,
  request,
  team,
  until,
  untilStatus,
  workflowOrder,
  type Call,
  type TestSandbox,
} from './support.ts';
import { anyText } from './matchers.ts';

let sandbox: TestSandbox;
beforeAll(async () => {
  sandbox = await openSandbox();
});
afterEach(() => sandbox.control.reset());
afterAll(() => sandbox.stop());

const fault = (mode: FaultMode, more: Partial<FaultRequest> = {}) =>
  sandbox.control.addFault({ provider: 'n8n', operation: 'createWorkflow', mode, ...more });
const create: (options?: Parameters<Call>[1]) => ReturnType<Call> = (options) =>
  sandbox.n8n('POST /api/v1/workflows', { body: workflowOrder('Client acme', 'acme'), ...options });
const created = () => sandbox.control.objects().length;
const lastEntry = () => sandbox.control.journal().at(-1);
const list = () => sandbox.n8n('GET /api/v1/workflows');

describe('a dropped connection', () => {
  test('before the effect leaves nothing', async () => {
    fault('drop-before');
    await expect(create()).rejects.toThrow('fetch failed');
    expect(created()).toBe(0);
    expect(lastEntry()).toMatchObject({
      outcome: 'dropped',
      effect: 'none',
      fault: 'drop-before',
      status: undefined,
    });
  });
  test('after the effect leaves the object', async () => {
    fault('drop-after');
    await expect(create()).rejects.toThrow('fetch failed');
    expect(created()).toBe(1);
    expect(lastEntry()).toMatchObject({ outcome: 'dropped', effect: 'created', fault: 'drop-after' });
  });
});

describe('a request that hangs', () => {
  test.each([
    ['hang-before', 0],
    ['hang-after', 1],
  ] as const)('(%s) is never answered, and %i objects are made', async (mode, count) => {
    fault(mode);
    await expect(create({ signal: AbortSignal.timeout(200) })).rejects.toThrow(/timeout/i);
    expect(created()).toBe(count);
    expect(lastEntry()).toMatchObject({ outcome: 'hung', fault: mode });
  });
  test('does not keep the sandbox from stopping', async () => {
    const other = await openSandbox();
    other.control.addFault({ provider: 'github', operation: '*', mode: 'hang-before' });
    const hanging = other.github('GET /user').catch((error: unknown) => error);
    await until(
      () => other.control.faults(),
      ([first]) => first?.fired === 1,
    );
    await other.stop();
    expect(await hanging).toBeInstanceOf(Error);
  });
});

describe('a server error', () => {
  test('before the effect leaves nothing', async () => {
    fault('error-before');
    expect(await create()).toMatchObject({ status: 500, body: { message: 'Internal server error' } });
    expect(created()).toBe(0);
  });
  test('after the effect leaves the object', async () => {
    fault('error-after', { status: 503 });
    expect(await create()).toMatchObject({ status: 503 });
    expect(created()).toBe(1);
    expect(lastEntry()).toMatchObject({ outcome: 'answered', status: 503, effect: 'created' });
  });
  test('has each provider’s form', async () => {
    for (const provider of ['supabase', 'github', 'vercel', 'n8n'] as const) {
      sandbox.control.addFault({ provider, operation: '*', mode: 'error-before', status: 502 });
    }
    expect(await sandbox.supabase('GET /v1/organizations')).toMatchObject({
      status: 502,
      body: { message: 'Bad Gateway' },
    });
    expect(await sandbox.github('GET /user')).toMatchObject({
      status: 502,
      body: { documentation_url: anyText },
    });
    expect(await sandbox.vercel('GET /v2/user')).toMatchObject({
      status: 502,
      body: { error: { code: 'internal_server_error' } },
    });
    expect(await list()).toMatchObject({ status: 502, body: { message: anyText } });
  });
});

describe('a rate limit', () => {
  test('has each provider’s form, and names the time to wait only if told to', async () => {
    for (const provider of ['supabase', 'github', 'vercel', 'n8n'] as const) {
      sandbox.control.addFault({ provider, operation: '*', mode: 'rate-limit', retryAfterSeconds: 7 });
      sandbox.control.addFault({ provider, operation: '*', mode: 'rate-limit' });
    }
    const calls = [
      () => sandbox.supabase('GET /v1/organizations'),
      () => sandbox.github('GET /user'),
      () => sandbox.vercel('GET /v2/user'),
      list,
    ];
    for (const call of calls) {
      const named = await call();
      expect(named.status).toBe(429);
      expect(named.headers.get('retry-after')).toBe('7');
      const unnamed = await call();
      expect(unnamed.status).toBe(429);
      expect(unnamed.headers.get('retry-after')).toBeNull();
    }
  });
  test('of Vercel names the limit in the body, of Supabase seconds in a header', async () => {
    sandbox.control.addFault({ provider: 'vercel', operation: '*', mode: 'rate-limit' });
    sandbox.control.addFault({ provider: 'supabase', operation: '*', mode: 'rate-limit' });
    expect((await sandbox.vercel('GET /v2/user')).body).toMatchObject({
      error: { code: 'rate_limited', limit: { remaining: 0 } },
    });
    const limited = await sandbox.supabase('GET /v1/organizations');
    expect(limited.headers.get('x-ratelimit-remaining')).toBe('0');
    expect(Number(limited.headers.get('x-ratelimit-reset'))).toBeLessThanOrEqual(60);
  });
});

describe('an unusable answer', () => {
  test('can be a 200 with a page, the effect made', async () => {
    fault('garbage');
    const reply = await create();
    expect(reply.status).toBe(200);
    expect(reply.body).toBeUndefined();
    expect(created()).toBe(1);
  });
  test('can be very large', async () => {
    fault('huge', { operation: 'listWorkflows' });
    const response = await fetch(`${sandbox.urls.n8n}/api/v1/workflows`, {
      headers: { 'x-n8n-api-key': sandbox.variable('N8N_API_KEY') },
    });
    const reader = response.body?.getReader();
    let size = 0;
    while (size < 20_000_000) {
      const chunk = await reader?.read();
      expect(chunk?.done).toBe(false);
      size += chunk?.value instanceof Uint8Array ? chunk.value.length : 0;
    }
    await reader?.cancel();
  });
  test('can be a redirect, to where nobody must follow', async () => {
    fault('redirect');
    const reply = await create();
    expect(reply.status).toBe(307);
    expect(reply.headers.get('location')).toBe(`${sandbox.urls.control}/receiver/elsewhere`);
    expect(created()).toBe(0);
    expect(sandbox.control.receivedCallbacks('elsewhere')).toEqual([]);
    await request(reply.headers.get('location') ?? '', 'POST', { body: {} });
    expect(sandbox.control.receivedCallbacks('elsewhere')).toHaveLength(1);
  });
  test('can be any refusal', async () => {
    fault('reject', { status: 402, body: { message: 'pay first' } });
    expect(await create()).toMatchObject({ status: 402, body: { message: 'pay first' } });
    expect(created()).toBe(0);
  });
  test('can be 403 or 404, without an effect', async () => {
    fault('refuse');
    fault('not-found');
    expect(await create()).toMatchObject({ status: 403, body: { message: 'Forbidden' } });
    expect(await create()).toMatchObject({ status: 404, body: { message: 'Not Found' } });
    expect(created()).toBe(0);
  });
});

describe('slowness', () => {
  test('delays the answer by the time given', async () => {
    fault('latency', { delayMs: 150 });
    const before = performance.now();
    expect(await create()).toMatchObject({ status: 200 });
    expect(performance.now() - before).toBeGreaterThan(140);
  });
  test('does not keep the effect from happening after the caller gave up', async () => {
    fault('latency', { delayMs: 300 });
    await expect(create({ signal: AbortSignal.timeout(50) })).rejects.toThrow(/timeout/i);
    expect(created()).toBe(0);
    await until(created, (count) => count === 1);
    expect(lastEntry()).toMatchObject({ effect: 'created', outcome: 'dropped' });
  });
});

describe('a lagging provider', () => {
  test('does not know its newest objects, for one request', async () => {
    const id = await createWorkflow(sandbox, 'Client acme', 'acme');
    fault('stale-read', { operation: 'getWorkflow' });
    fault('stale-read', { operation: 'listWorkflows' });
    expect(await sandbox.n8n(`GET /api/v1/workflows/${id}`)).toMatchObject({ status: 404 });
    expect(await list()).toMatchObject({ body: { data: [] } });
    expect(await list()).toMatchObject({ body: { data: [{ id }] } });
  });
  test('does not know objects younger than its lag, at any provider, though they are in the way', async () => {
    for (const provider of ['supabase', 'github', 'vercel', 'n8n'] as const) {
      sandbox.control.setReadLag(provider, 60_000);
    }
    const slug = sandbox.variable('SUPABASE_ORG_ID');
    const order = { body: projectOrder(sandbox, 'acme') };
    await sandbox.supabase('POST /v1/projects', order);
    await generate(sandbox, 'acme');
    await sandbox.vercel(`POST /v11/projects${team(sandbox)}`, { body: { name: 'acme' } });
    await create();
    expect(sandbox.control.objects()).toHaveLength(4);
    expect(await sandbox.supabase(`GET /v1/organizations/${slug}/projects`)).toMatchObject({
      body: { projects: [] },
    });
    expect(await sandbox.github(`GET /repos/${sandbox.variable('GITHUB_ORG')}/acme`)).toMatchObject({
      status: 404,
    });
    expect(await sandbox.vercel(`GET /v9/projects/acme${team(sandbox)}`)).toMatchObject({ status: 404 });
    expect(await list()).toMatchObject({ body: { data: [] } });
    expect(await sandbox.supabase('POST /v1/projects', order)).toMatchObject({ status: 400 });
    expect(await generate(sandbox, 'acme')).toMatchObject({ status: 422 });
    sandbox.control.setReadLag('n8n', 0);
    expect(await list()).toMatchObject({ body: { data: [{ name: 'Client acme' }] } });
  });
});

describe('faults', () => {
  test('hit one request, then they are over', async () => {
    fault('error-before');
    expect([(await create()).status, (await create()).status]).toEqual([500, 200]);
  });
  test('can let requests pass, hit several, or all', async () => {
    fault('error-before', { skip: 1, times: 2 });
    const statuses = [];
    for (let count = 0; count < 4; count += 1) statuses.push((await create()).status);
    expect(statuses).toEqual([200, 500, 500, 200]);
    fault('refuse', { operation: 'listWorkflows', times: -1 });
    await untilStatus(list, 403);
    expect((await list()).status).toBe(403);
    sandbox.control.clearFaults();
    expect((await list()).status).toBe(200);
  });
  test('hit only the operation, the provider and the text they are meant for', async () => {
    fault('error-before', { matching: 'Client other' });
    fault('error-before', { provider: 'github' });
    expect(await create()).toMatchObject({ status: 200 });
    const other = { body: workflowOrder('Client other', 'other') };
    expect(await sandbox.n8n('POST /api/v1/workflows', other)).toMatchObject({ status: 500 });
  });
  test('are counted', async () => {
    const id = fault('error-before', { times: 5 });
    await create();
    await create();
    expect(sandbox.control.faults()).toMatchObject([{ id, mode: 'error-before', fired: 2 }]);
  });
  test('of a delete can come after the effect too', async () => {
    const id = await createWorkflow(sandbox, 'Client acme', 'acme');
    fault('drop-after', { operation: 'deleteWorkflow' });
    await expect(sandbox.n8n(`DELETE /api/v1/workflows/${id}`)).rejects.toThrow('fetch failed');
    expect(lastEntry()).toMatchObject({ effect: 'deleted', objectId: id });
    expect(created()).toBe(0);
  });
});
