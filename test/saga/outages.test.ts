/** A provider that is away, in the middle of a run: waited for, and nothing that works is undone. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { FaultRequest, ProviderName } from '../../src/sandbox/sandbox.ts';
import { startStack, type ShownProvisioning, type Stack } from '../helpers/stack.ts';
import { until } from '../helpers/until.ts';

/** More than one step has attempts. */
const requests = 7;

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

describe('an outage that ends', () => {
  let stack: Stack;
  beforeAll(async () => {
    stack = await startStack({ backend: 'redis', environment: { SETTLE_MS: '200' } });
  });
  beforeEach(() => stack.sandbox.control.reset());
  afterEach(() => stack.sandbox.control.reset());
  afterAll(() => stack?.stop());

  const countMade = () => stack.sandbox.control.journal().filter(({ effect }) => effect === 'created').length;

  async function expectSuccess(id: string) {
    const done = await stack.waitUntilDone(id);
    expect(done).toMatchObject({ status: 'succeeded', failure: null });
    expect(done.steps.map(({ attempts }) => attempts)).toEqual([1, 1, 1, 1, 1]);
    expect(countMade()).toBe(5);
    expect(stack.sandbox.control.journal().filter(({ effect }) => effect === 'deleted')).toEqual([]);
  }

  test.each(firstCalls)(
    'by refused connections of $provider: its state is shown',
    async ({ provider, step }) => {
      const { control } = stack.sandbox;
      const from = stack.logLines.length;
      await control.setUnreachable(provider, true);
      const { id } = await stack.provision();

      await until(
        () => countLooks(stack, `${provider} to answer`, from) >= requests || undefined,
        'more looks than there are attempts',
      );
      const waiting = await until(async () => {
        const found = stepOf(await stack.show(id), step);
        return found.waiting === null ? undefined : found;
      }, 'the step to wait');
      expect(waiting).toMatchObject({ waitingFor: `${provider} to answer`, attempts: 1, error: null });
      expect(waiting.waiting).toMatchObject({ for: `${provider} to answer` });
      const { since, until: end } = waiting.waiting ?? {};
      const limitMs = Date.parse(end ?? '') - Date.parse(since ?? '');
      expect(limitMs).toBeGreaterThan(18_000);
      expect(limitMs).toBeLessThan(20_500);

      await control.setUnreachable(provider, false);
      await expectSuccess(id);
    },
  );

  test.each([502, 503, 504, 520, 521, 522, 523, 524, 525, 526, 530])(
    'by the %i of a proxy',
    async (status) => {
      const fault = { provider: 'n8n', operation: '*', mode: 'proxy-page', status, times: requests } as const;
      stack.sandbox.control.addFault(fault);
      const { id } = await stack.provision();
      await expectSuccess(id);
      expect(stack.sandbox.control.faults()).toMatchObject([{ fired: requests }]);
    },
  );

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
  });

  test.each(mutations)('as the answer to $operation', async ({ provider, operation }) => {
    const fault: FaultRequest = { provider, operation, mode: 'proxy-page', status: 503, times: requests };
    stack.sandbox.control.addFault(fault);
    const { id } = await stack.provision();
    await expectSuccess(id);
    expect(stack.sandbox.control.faults()).toMatchObject([{ fired: requests }]);
  });

  test.each(['createWorkflow', 'publishWorkflow'])(
    'after %s was acted on: nothing is made twice',
    async (operation) => {
      const fault = { provider: 'n8n', operation, mode: 'error-after', status: 503 } as const;
      stack.sandbox.control.addFault(fault);
      stack.sandbox.control.addFault({
        ...fault,
        operation: '*',
        mode: 'proxy-page',
        skip: 3,
        times: requests,
      });
      const { id } = await stack.provision();
      await expectSuccess(id);
    },
  );

  test('by rate limits: they use up no attempt', async () => {
    // Not of GitHub: where no time is named, its documentation asks for a minute.
    for (const provider of ['supabase', 'vercel', 'n8n'] as const)
      stack.sandbox.control.addFault({ provider, operation: '*', mode: 'rate-limit', times: requests });
    const { id } = await stack.provision();
    await expectSuccess(id);
  });

  test.each([
    { provider: 'n8n', operation: 'probeWebhook', mode: 'rate-limit' },
    { provider: 'n8n', operation: 'createWorkflow', mode: 'rate-limit' },
    { provider: 'n8n', operation: 'publishWorkflow', mode: 'proxy-page' },
    { provider: 'n8n', operation: 'createWorkflow', mode: 'proxy-page' },
    { provider: 'vercel', operation: 'createDeployment', mode: 'proxy-page' },
  ] as const)(
    '$operation of $provider is not sent, nor anything else asked, before its Retry-After is over ($mode)',
    async ({ provider, operation, mode }) => {
      stack.sandbox.control.addFault({ provider, operation, mode, retryAfterSeconds: 1 });
      const { id } = await stack.provision();
      await expectSuccess(id);
      const journal = stack.sandbox.control.journal().filter((entry) => entry.provider === provider);
      const asked = journal.findIndex(({ fault }) => fault === mode);
      const [limited, next] = journal.slice(asked);
      const pauseMs = Date.parse(next?.receivedAt ?? '') - Date.parse(limited?.at ?? '');
      expect(pauseMs).toBeGreaterThanOrEqual(995);
    },
  );

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

  test.each(['createWorkflow', 'publishWorkflow'])('of nothing but %s ends too', async (operation) => {
    stack.sandbox.control.addFault({ provider: 'n8n', operation, mode: 'proxy-page', times: -1 });
    const { id } = await stack.provision();
    expect(await stack.waitUntilDone(id)).toMatchObject({
      failure: { step: 'n8n-webhooks', code: 'not-ready-in-time' },
      rollback: { status: 'completed' },
    });
    expect(stack.sandbox.control.objects()).toEqual([]);
  });

  test('by rate limits ends too', async () => {
    stack.sandbox.control.addFault({ provider: 'vercel', operation: '*', mode: 'rate-limit', times: 60 });
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
