/** A provider that is away, in the middle of a run: waited for, and nothing that works is undone. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { ProviderName } from '../../sandbox/sandbox.ts';
import { startStack, type ShownProvisioning, type Stack } from '../helpers/stack.ts';
import { until } from '../helpers/until.ts';

/** More than one step has attempts. */
const requests = 5;

const firstCalls = [
  { provider: 'supabase', step: 'supabase-project' },
  { provider: 'github', step: 'github-repo' },
  { provider: 'vercel', step: 'vercel-deployment' },
  { provider: 'n8n', step: 'n8n-webhooks' },
] as const satisfies readonly { provider: ProviderName; step: string }[];

const mutations = [
  { provider: 'supabase', operation: 'createProject' },
  { provider: 'github', operation: 'generateRepository' },
  { provider: 'vercel', operation: 'createVercelProject' },
  { provider: 'vercel', operation: 'createDeployment' },
  { provider: 'n8n', operation: 'createWorkflow' },
  { provider: 'n8n', operation: 'publishWorkflow' },
] as const;

function stepOf(shown: ShownProvisioning, name: string) {
  const step = shown.steps.find((candidate) => candidate.name === name);
  if (step === undefined) throw new Error(`there is no step ${name}`);
  return step;
}

function countLooks({ logLines }: Stack, waitingFor: string, from: number): number {
  return logLines.slice(from).filter((line) => line.includes(`"waitingFor":"${waitingFor}"`)).length;
}

describe('an outage that ends', { timeout: 120_000 }, () => {
  let stack: Stack;
  beforeAll(async () => {
    stack = await startStack({
      backend: 'redis',
      environment: { SETTLE_MS: '200', POLL_BASE_MS: '15', READY_TIMEOUT_MS: '60000' },
    });
  });
  beforeEach(() => stack.sandbox.control.reset());
  afterEach(() => stack.sandbox.control.reset());
  afterAll(() => stack?.stop());

  const countMade = () => stack.sandbox.control.journal().filter(({ effect }) => effect === 'created').length;

  async function expectSuccess(id: string) {
    // Many waits, each of which is short where the machine is not busy.
    const done = await until(
      async () => {
        const shown = await stack.show(id);
        return shown.done ? shown : undefined;
      },
      'the provisioning to be done',
      90_000,
    );
    expect(done).toMatchObject({ status: 'succeeded', failure: null });
    expect(done.steps.map(({ attempts }) => attempts)).toEqual([1, 1, 1, 1, 1]);
    expect(countMade()).toBe(5);
    expect(stack.sandbox.control.journal().filter(({ effect }) => effect === 'deleted')).toEqual([]);
  }

  test('by refused connections of each provider: its state is shown', async () => {
    const { control } = stack.sandbox;
    const from = stack.logLines.length;
    for (const { provider } of firstCalls) await control.setUnreachable(provider, true);
    const { id } = await stack.provision();

    for (const { provider, step } of firstCalls) {
      const answer = `${provider} to answer`;
      await until(
        () => countLooks(stack, answer, from) >= requests || undefined,
        'more looks than there are attempts',
      );
      const waiting = await until(async () => {
        const found = stepOf(await stack.show(id), step);
        return found.waiting === null ? undefined : found;
      }, 'the step to wait');
      expect(waiting).toMatchObject({
        waitingFor: answer,
        attempts: 1,
        error: null,
        waiting: { for: answer },
      });
      const { since, until: end } = waiting.waiting ?? {};
      const limitMs = Date.parse(end ?? '') - Date.parse(since ?? '');
      expect(limitMs).toBeGreaterThan(50_000);
      expect(limitMs).toBeLessThan(60_500);
      await control.setUnreachable(provider, false);
    }
    await expectSuccess(id);
  });

  test('by the page of a proxy', async () => {
    for (const [provider, status] of [
      ['supabase', 502],
      ['github', 521],
      ['vercel', 504],
      ['n8n', 530],
    ] as const)
      stack.sandbox.control.addFault({
        provider,
        operation: '*',
        mode: 'proxy-page',
        status,
        times: requests,
      });
    const { id } = await stack.provision();
    await expectSuccess(id);
    for (const { fired } of stack.sandbox.control.faults()) expect(fired).toBe(requests);
  });

  test('by the start-up page of n8n, which says 200 and then 404', async () => {
    const { control } = stack.sandbox;
    control.setN8nStarting(60_000);
    const from = stack.logLines.length;
    const { id } = await stack.provision();
    const looks = () => countLooks(stack, 'n8n to answer', from);
    await until(() => looks() >= requests || undefined, 'looks at the text');
    const before = looks();
    // The last tenth: it knows no route.
    control.setN8nStarting(3000);
    stack.sandbox.control.addFault({
      provider: 'n8n',
      operation: '*',
      mode: 'reject',
      status: 404,
      body: '<!DOCTYPE html>\n<html lang="en">\n<head>\n<title>Error</title>\n</head>\n<body>\n<pre>Cannot GET /api/v1/workflows</pre>\n</body>\n</html>\n',
      times: requests,
    });
    await until(() => looks() >= before + requests || undefined, 'looks at the page');
    control.setN8nStarting(0);
    await expectSuccess(id);
    expect(looks()).toBeGreaterThanOrEqual(before + requests);
  });

  test('as the answer to each change', async () => {
    for (const { provider, operation } of mutations)
      stack.sandbox.control.addFault({
        provider,
        operation,
        mode: 'proxy-page',
        status: 503,
        times: requests,
      });
    const { id } = await stack.provision();
    await expectSuccess(id);
    for (const { fired } of stack.sandbox.control.faults()) expect(fired).toBe(requests);
  });

  test('after each change was acted on: nothing is made twice', async () => {
    for (const { provider, operation } of mutations)
      stack.sandbox.control.addFault({ provider, operation, mode: 'error-after', status: 503 });
    const { id } = await stack.provision();
    await expectSuccess(id);
    for (const { fired } of stack.sandbox.control.faults()) expect(fired).toBeGreaterThan(0);
  });

  test('by rate limits: they use up no attempt', async () => {
    // Not of GitHub: where no time is named, its documentation asks for a minute.
    const limit = { retryAfterSeconds: 0, times: requests };
    for (const provider of ['supabase', 'vercel', 'n8n'] as const)
      stack.sandbox.control.addFault({ provider, operation: '*', mode: 'rate-limit', ...limit });
    const { id } = await stack.provision();
    await expectSuccess(id);
    for (const { fired } of stack.sandbox.control.faults()) expect(fired).toBeGreaterThan(0);
  });

  test('nothing is asked of a provider before its Retry-After is over, by the webhook probe either', async () => {
    const limits = [
      // While a project boots, these refuse anyway.
      { provider: 'supabase', operation: 'getProjectHealth', mode: 'proxy-page' },
      { provider: 'supabase', operation: 'getApiKeys', mode: 'proxy-page' },
      { provider: 'supabase', operation: 'getPoolerConfig', mode: 'proxy-page' },
      { provider: 'vercel', operation: 'createDeployment', mode: 'proxy-page' },
      { provider: 'n8n', operation: 'createWorkflow', mode: 'proxy-page' },
      { provider: 'n8n', operation: 'publishWorkflow', mode: 'proxy-page' },
      { provider: 'n8n', operation: 'probeWebhook', mode: 'rate-limit' },
    ] as const;
    for (const limit of limits) stack.sandbox.control.addFault({ ...limit, retryAfterSeconds: 1 });
    const { id } = await stack.provision();
    await expectSuccess(id);
    for (const { provider, operation } of limits) {
      const journal = stack.sandbox.control.journal().filter((entry) => entry.provider === provider);
      const asked = journal.findIndex((entry) => entry.operation === operation && entry.fault !== undefined);
      const [limited, next] = journal.slice(asked);
      const pauseMs = Date.parse(next?.receivedAt ?? '') - Date.parse(limited?.at ?? '');
      expect(pauseMs, operation).toBeGreaterThanOrEqual(995);
    }
  });

  test('a 500 that repeats is no outage: it uses up the attempts', async () => {
    stack.sandbox.control.addFault({ provider: 'n8n', operation: '*', mode: 'error-before', times: 4 });
    const { id } = await stack.provision();
    expect(await stack.waitUntilDone(id)).toMatchObject({
      failure: { step: 'n8n-webhooks', code: 'provider-unavailable' },
      rollback: { status: 'completed' },
    });
  });
});

describe('an outage without end', () => {
  let stack: Stack;
  beforeAll(async () => {
    stack = await startStack({
      backend: 'redis',
      environment: { SETTLE_MS: '200', READY_TIMEOUT_MS: '4000' },
    });
  });
  beforeEach(() => stack.sandbox.control.reset());
  afterAll(() => stack?.stop());

  test('ends the step at its deadline, and everything is undone', async () => {
    await stack.sandbox.control.setUnreachable('n8n', true);
    const { id } = await stack.provision();
    expect(await stack.waitUntilDone(id)).toMatchObject({
      failure: {
        step: 'n8n-webhooks',
        code: 'not-ready-in-time',
        message: 'waited 4 s for n8n to answer',
        whatToDo: expect.any(String) as string,
      },
      rollback: { status: 'completed' },
    });
    expect(stack.sandbox.control.objects()).toEqual([]);
  });

  test('of nothing but one call ends too', async () => {
    const operation = 'createWorkflow';
    stack.sandbox.control.addFault({ provider: 'n8n', operation, mode: 'proxy-page', times: -1 });
    const { id } = await stack.provision();
    expect(await stack.waitUntilDone(id)).toMatchObject({
      failure: { step: 'n8n-webhooks', code: 'not-ready-in-time' },
      rollback: { status: 'completed' },
    });
    expect(stack.sandbox.control.objects()).toEqual([]);
  });

  test('of Vercel’s sight of the repository ends with what Vercel says, and what fixes it', async () => {
    stack.sandbox.control.setGithubAppInstalled(false);
    const { id } = await stack.provision();
    expect((await stack.waitUntilDone(id)).failure).toMatchObject({
      step: 'vercel-deployment',
      code: 'not-ready-in-time',
      message: expect.stringContaining('waited 4 s for Vercel to see the new repository') as string,
      whatToDo: expect.stringContaining('Install https://github.com/apps/vercel') as string,
      providerText: expect.stringContaining('install the GitHub integration') as string,
    });
  });

  test('by rate limits ends too', async () => {
    const limit = { retryAfterSeconds: 0, times: -1 };
    stack.sandbox.control.addFault({ provider: 'vercel', operation: '*', mode: 'rate-limit', ...limit });
    const { id } = await stack.provision();
    const done = await until(async () => {
      const shown = await stack.show(id);
      return shown.failure === null ? undefined : shown;
    }, 'the step to fail');
    expect(done.failure).toMatchObject({
      code: 'not-ready-in-time',
      message: 'waited 4 s for vercel to take requests again',
    });
    stack.sandbox.control.clearFaults();
    await stack.waitUntilDone(id);
  });
});
