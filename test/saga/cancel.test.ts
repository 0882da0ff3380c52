import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { backends, startStack, type ShownProvisioning, type Stack } from '../helpers/stack.ts';
import { until } from '../helpers/until.ts';
import { unknownId } from '../server/support.ts';

const creates = [
  { step: 'supabase-project', provider: 'supabase', operation: 'createProject' },
  { step: 'github-repo', provider: 'github', operation: 'generateRepository' },
  { step: 'vercel-deployment', provider: 'vercel', operation: 'createVercelProject' },
  { step: 'n8n-webhooks', provider: 'n8n', operation: 'createWorkflow' },
] as const;

const act = (stack: Stack, id: string, what: string) =>
  stack.call(`/api/provisioning/${id}/${what}`, { method: 'POST' });

/** Types of the callbacks that a provisioning with our receiver had, once there are that many. */
const callbackTypes = (stack: Stack, count: number) =>
  until(() => {
    const received = stack.sandbox.control.receivedCallbacks('caller');
    const types = received.map(({ body }) => (JSON.parse(body) as { type: string }).type);
    return types.length >= count ? types : undefined;
  }, `${count} callbacks`);
const callbackUrl = (stack: Stack) => `${stack.sandbox.urls.control}/receiver/caller`;

const undone = { status: 'cancelled', rollback: { status: 'completed' }, done: true, failure: null };
const bothCallbacks = ['provisioning.cancelled', 'provisioning.rolled_back'];

describe.each(backends)('on %s', (backend) => {
  let stack: Stack;
  beforeAll(async () => {
    // A lease that nobody gives back would outlast the tests.
    stack = await startStack({ backend, environment: { LEASE_MS: '60000' } });
  });
  beforeEach(() => stack.sandbox.control.reset());
  afterAll(() => stack?.stop());

  // Which call it is makes no difference to a queue.
  const createsHere = backend === 'redis' ? creates : creates.slice(-1);
  const hasFired = () =>
    until(() => stack.sandbox.control.faults()[0]?.fired === 1 || undefined, 'the fault to be met');

  test.each(createsHere)(
    'while $operation is under way, that call is let finish, what it made is undone, and nothing else is made',
    async ({ step, provider, operation }) => {
      const { control } = stack.sandbox;
      control.addFault({ provider, operation, mode: 'latency', delayMs: 600 });
      const { id } = await stack.provision({ callbackUrl: callbackUrl(stack) });
      await hasFired();

      const answer = await act(stack, id, 'cancel');
      expect(answer.status).toBe(202);
      expect(await answer.json()).toMatchObject({
        status: 'cancelled',
        rollback: { status: 'pending' },
        done: false,
      });

      const done = await stack.waitUntilDone(id);
      expect(done).toMatchObject(undone);
      expect(control.objects()).toEqual([]);
      const made = control.journal().filter(({ effect }) => effect === 'created' || effect === 'changed');
      expect(made.at(-1)?.operation).toBe(operation);
      const at = done.steps.findIndex(({ name }) => name === step);
      expect(done.steps.map(({ status }) => status)).toEqual(
        done.steps.map((_, index) => (index <= at ? 'undone' : 'skipped')),
      );
      expect(await callbackTypes(stack, 2)).toEqual(bothCallbacks);
    },
  );

  test.each(createsHere)(
    'while the answer of $operation is lost, it is resolved and undone',
    async (create) => {
      const { control } = stack.sandbox;
      control.addFault({ ...create, mode: 'drop-after' });
      // The look for what it has made: the cancel comes meanwhile.
      const { provider } = create;
      control.addFault({ provider, operation: '*', mode: 'latency', delayMs: 400, times: 8 });
      const { id } = await stack.provision();
      await hasFired();
      expect((await act(stack, id, 'cancel')).status).toBe(202);

      expect(await stack.waitUntilDone(id)).toMatchObject(undone);
      expect(control.objects()).toEqual([]);
    },
  );

  test('a step that fails after the cancel changes nothing about it', async () => {
    const { control } = stack.sandbox;
    const fault = { provider: 'github', operation: 'generateRepository', delayMs: 600 } as const;
    control.addFault({ ...fault, mode: 'reject', status: 422, body: { message: 'Validation Failed' } });
    const { id } = await stack.provision({ callbackUrl: callbackUrl(stack) });
    await hasFired();
    await act(stack, id, 'cancel');

    expect(await stack.waitUntilDone(id)).toMatchObject(undone);
    expect(await callbackTypes(stack, 2)).toEqual(bothCallbacks);
    expect(stack.logLines.filter((line) => line.includes('a job was interrupted'))).toEqual([]);
  });

  test('a step that waits for hours is not waited for', async () => {
    stack.sandbox.control.setTiming({ projectHealthyAfterMs: 7_200_000 });
    const { id } = await stack.provision();
    await until(async () => {
      const [first] = (await stack.show(id)).steps;
      return first?.status === 'waiting' || undefined;
    }, 'the step to wait');
    await act(stack, id, 'cancel');

    expect(await stack.waitUntilDone(id)).toMatchObject(undone);
    expect(stack.sandbox.control.objects()).toEqual([]);
  });

  test('a step whose provider asks for an hour during the cancel is not waited for', async () => {
    const fault = { provider: 'github', operation: 'generateRepository', delayMs: 600 } as const;
    stack.sandbox.control.addFault({ ...fault, mode: 'rate-limit', retryAfterSeconds: 3600 });
    const { id } = await stack.provision();
    await hasFired();
    await act(stack, id, 'cancel');

    expect(await stack.waitUntilDone(id)).toMatchObject(undone);
  });

  test('a paused one is undone', async () => {
    const { control } = stack.sandbox;
    control.setDeploymentOutcome('ERROR');
    const { id } = await stack.provision({ onFailure: 'pause', callbackUrl: callbackUrl(stack) });
    await until(async () => (await stack.show(id)).status === 'paused' || undefined, 'it to be paused');
    expect((await act(stack, id, 'cancel')).status).toBe(202);

    expect(await stack.waitUntilDone(id)).toMatchObject({
      status: 'cancelled',
      rollback: { status: 'completed' },
      failure: { step: 'vercel-deployment' },
    });
    expect(control.objects()).toEqual([]);
    expect(await callbackTypes(stack, 3)).toEqual(['provisioning.paused', ...bothCallbacks]);
  });

  test('asked for again it is still 202, as long as it is being undone; then 409, as after any other end', async () => {
    stack.sandbox.control.setTiming({ projectHealthyAfterMs: 60_000, projectRemovalMs: 1500 });
    const { id, clientId } = await stack.provision({ callbackUrl: callbackUrl(stack) });
    await until(() => stack.sandbox.control.objects().length > 0 || undefined, 'the project to be made');
    const answers = await Promise.all(Array.from({ length: 5 }, () => act(stack, id, 'cancel')));
    expect(answers.map(({ status }) => status)).toEqual([202, 202, 202, 202, 202]);
    expect((await act(stack, id, 'resume')).status).toBe(409);
    expect((await act(stack, id, 'rollback')).status).toBe(409);
    await until(async () => (await stack.show(id)).rollback.status === 'running' || undefined, 'the undo');
    expect((await act(stack, id, 'cancel')).status).toBe(202);

    await stack.waitUntilDone(id);
    expect((await act(stack, id, 'cancel')).status).toBe(409);
    expect(await callbackTypes(stack, 2)).toEqual(bothCallbacks);

    stack.sandbox.control.setTiming({ projectHealthyAfterMs: 1 });
    const second = await stack.provision({ clientId });
    expect(await stack.waitUntilDone(second.id)).toMatchObject({ status: 'succeeded' });
    expect((await act(stack, second.id, 'cancel')).status).toBe(409);
    expect((await act(stack, unknownId, 'cancel')).status).toBe(404);
  });

  test('of a cancel and a success at the same time exactly one wins, and the world is as the winner says', async () => {
    const { control } = stack.sandbox;
    const runs = await Promise.all(Array.from({ length: 8 }, () => stack.provision()));
    const ends = await Promise.all(
      runs.map(async ({ id }) => {
        await until(async () => {
          const shown = await stack.show(id);
          return shown.steps[4]?.status === 'running' || shown.done || undefined;
        }, 'the last step');
        const { status } = await act(stack, id, 'cancel');
        return { status, shown: await stack.waitUntilDone(id) };
      }),
    );

    for (const { status, shown } of ends)
      expect(shown).toMatchObject(
        status === 202 ? undone : { status: 'succeeded', rollback: { status: 'none' } },
      );
    const isLeft = ({ name }: ShownProvisioning['resources'][number]) =>
      control.objects().some((object) => object.name === name);
    for (const { status, shown } of ends)
      expect(shown.resources.filter(isLeft)).toHaveLength(status === 202 ? 0 : shown.resources.length);
  });
});

describe.each(backends)('on %s, before anybody works on it', (backend) => {
  let stack: Stack | undefined;
  afterEach(() => stack?.stop());

  test('nothing is ever made, and both callbacks are sent', async () => {
    stack = await startStack({ backend, workers: 0 });
    const { id } = await stack.provision({ callbackUrl: callbackUrl(stack) });
    expect((await act(stack, id, 'cancel')).status).toBe(202);
    await stack.startWorker();

    const done = await stack.waitUntilDone(id);
    expect(done).toMatchObject(undone);
    expect(new Set(done.steps.map(({ status }) => status))).toEqual(new Set(['skipped']));
    expect(stack.sandbox.control.journal()).toEqual([]);
    expect(await callbackTypes(stack, 2)).toEqual(bothCallbacks);
  });

  test('a step that was to go on after a pause is undone too, when the cancel comes before it begins', async () => {
    stack = await startStack({ backend, workers: 0 });
    const { control } = stack.sandbox;
    control.setDeploymentOutcome('ERROR');
    const worker = await stack.startWorker();
    const { id } = await stack.provision({ onFailure: 'pause' });
    await until(async () => (await stack?.show(id))?.status === 'paused' || undefined, 'the pause');
    await worker.stop();
    expect((await act(stack, id, 'resume')).status).toBe(202);
    expect((await act(stack, id, 'cancel')).status).toBe(202);
    await stack.startWorker();

    expect(await stack.waitUntilDone(id)).toMatchObject(undone);
    expect(control.objects()).toEqual([]);
  });
});
