/** Vercel's own ways: variables that nobody can read again, folders and frameworks, limits of the rate of deployments. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { namesOf } from '../helpers/names.ts';
import type { ProviderName } from '../../sandbox/sandbox.ts';
import { newClientId, startStack, type ShownProvisioning, type Stack } from '../helpers/stack.ts';
import { until } from '../helpers/until.ts';
import { post } from '../server/support.ts';

const creation = { provider: 'vercel', operation: 'createVercelProject' } as const;

let stack: Stack;
beforeAll(async () => {
  stack = await startStack({
    backend: 'redis',
    environment: { SETTLE_MS: '400', PROVIDER_TIMEOUT_MS: '1500', STEP_MAX_ATTEMPTS: '2' },
  });
});
beforeEach(() => stack.sandbox.control.reset());
afterAll(() => stack?.stop());

const projects = () => stack.sandbox.control.objects().filter(({ kind }) => kind === 'vercel.project');
const madeBy = (operation: string) =>
  stack.sandbox.control
    .journal()
    .filter((entry) => entry.operation === operation && entry.effect === 'created');

/** For each request that met a fault: whether nothing was asked of the provider for the second after it. */
function pausesAfterFaults(provider: ProviderName): boolean[] {
  const asked = stack.sandbox.control.journal().filter((entry) => entry.provider === provider);
  return asked.flatMap(({ fault, at }, index) => {
    const next = asked[index + 1];
    if (fault === undefined || next === undefined) return [];
    return Date.parse(next.receivedAt) - Date.parse(at) >= 995;
  });
}

async function offboard({ id, clientId }: ShownProvisioning): Promise<ShownProvisioning> {
  const path = `/api/provisioning/${id}/rollback`;
  expect((await post(stack, { confirm: clientId }, { path })).status).toBe(202);
  return until(async () => {
    const shown = await stack.show(id);
    return ['completed', 'incomplete'].includes(shown.rollback.status) ? shown : undefined;
  }, 'the client to be offboarded');
}

describe('in a team that keeps every variable as a sensitive one', () => {
  beforeEach(() => stack.sandbox.control.setAccounts({ vercelVariablePolicy: 'on' }));

  test.each(['drop-after', 'error-after'] as const)(
    'a project whose creation got no answer (%s) is ours by its link and its age: none is made twice, and it is deleted with the rest',
    async (mode) => {
      const { control } = stack.sandbox;
      control.addFault({ ...creation, mode });
      const { id } = await stack.provision();
      const done = await stack.waitUntilDone(id);

      expect(done).toMatchObject({ status: 'succeeded', failure: null });
      expect(madeBy('createVercelProject')).toHaveLength(1);
      expect(projects().map((project) => project.id)).toEqual([done.result['vercelProjectId']]);

      expect(await offboard(done)).toMatchObject({ rollback: { status: 'completed' } });
      expect(control.objects()).toEqual([]);
    },
  );

  test('a rollback finds it too, and deletes it', async () => {
    const { control } = stack.sandbox;
    control.addFault({ ...creation, mode: 'drop-after' });
    // The step gives up before it has found out.
    const refusal = { mode: 'refuse', status: 401 } as const;
    control.addFault({ provider: 'vercel', operation: 'listEnvironmentVariables', ...refusal });
    const { id } = await stack.provision();

    expect(await stack.waitUntilDone(id)).toMatchObject({
      status: 'failed',
      failure: { step: 'vercel-deployment', code: 'credentials-rejected' },
      rollback: { status: 'completed' },
    });
    expect(madeBy('createVercelProject')).toHaveLength(1);
    expect(control.objects()).toEqual([]);
  });

  test('a project that got another name meanwhile is ours by its link too, and goes with the rollback', async () => {
    const { control } = stack.sandbox;
    control.addFault({ ...creation, mode: 'hang-after' });
    const clientId = newClientId();
    const { id } = await stack.provision({ clientId });
    const made = await until(() => projects()[0], 'the project to be made');
    control.renameObject('vercel.project', made.id, 'renamed by somebody');
    // Linked to ours as well, and none that a call of ours has made.
    const strangerId = await control.createForeign('vercel.project', 'storybook', {
      repository: namesOf(clientId).repository,
      variables: { NODE_ENV: 'production' },
      variableType: 'sensitive',
    });

    expect(await stack.waitUntilDone(id)).toMatchObject({
      status: 'failed',
      failure: { step: 'vercel-deployment', code: 'name-taken' },
      rollback: { status: 'completed' },
    });
    expect(control.objects().map((object) => object.id)).toEqual([strangerId]);
  });

  /** Made while our call, which has made nothing, is in doubt. */
  async function strangerInDoubt(order: { minutesAgo: number; linkTo: 'ours' | 'another' | 'none' }) {
    const { control } = stack.sandbox;
    control.addFault({ ...creation, mode: 'drop-before' });
    const clientId = newClientId();
    const names = namesOf(clientId);
    const { id } = await stack.provision({ clientId });
    await until(() => control.faults()[0]?.fired === 1 || undefined, 'the call without an answer');
    if (order.linkTo === 'another') await control.createForeign('github.repository', 'another');
    const repository = { ours: names.repository, another: 'another', none: undefined }[order.linkTo];
    const strangerId = await control.createForeign('vercel.project', names.vercelProject, {
      createdAt: new Date(Date.now() - order.minutesAgo * 60_000).toISOString(),
      variables: { PROVISIONING_ID: 'nobody can read it' },
      variableType: 'sensitive',
      ...(repository === undefined ? {} : { repository }),
    });
    return { strangerId, done: await stack.waitUntilDone(id) };
  }

  test.each([
    ['linked to our repository, and older than our call', { minutesAgo: 15, linkTo: 'ours' }],
    ['as old as our call, and linked to another repository', { minutesAgo: 0, linkTo: 'another' }],
    ['as old as our call, and linked to none', { minutesAgo: 0, linkTo: 'none' }],
  ] as const)("a project of our name that is %s is a stranger's, and stays", async (_name, order) => {
    const { strangerId, done } = await strangerInDoubt(order);
    expect(done).toMatchObject({
      status: 'failed',
      failure: { step: 'vercel-deployment', code: 'name-taken' },
      rollback: { status: 'completed' },
    });
    expect(projects().map(({ id }) => id)).toEqual([strangerId]);
    expect(madeBy('createVercelProject')).toEqual([]);
  });

  test("a project that took our name right before our call is a stranger's, whatever it is linked to", async () => {
    const { control } = stack.sandbox;
    const clientId = newClientId();
    const names = namesOf(clientId);
    control.addFault({ ...creation, mode: 'latency', delayMs: 1000 });
    const { id } = await stack.provision({ clientId });
    await until(() => control.faults()[0]?.fired === 1 || undefined, 'the call to be under way');
    const strangerId = await control.createForeign('vercel.project', names.vercelProject, {
      repository: names.repository,
      variables: { PROVISIONING_ID: 'nobody can read it' },
      variableType: 'sensitive',
    });
    expect(await stack.waitUntilDone(id)).toMatchObject({
      failure: { step: 'vercel-deployment', code: 'name-taken' },
      rollback: { status: 'completed' },
    });
    expect(projects().map((project) => project.id)).toEqual([strangerId]);
  });
});

test('a limit on deployments is waited out each time as long as Vercel says, and uses up no attempt', async () => {
  const { control } = stack.sandbox;
  const limit = { provider: 'vercel', operation: 'createDeployment', mode: 'rate-limit' } as const;
  // As often as a step has attempts.
  control.addFault({ ...limit, retryAfterSeconds: 1, times: 2 });
  const { id } = await stack.provision();
  const done = await stack.waitUntilDone(id);

  expect(done).toMatchObject({ status: 'succeeded', failure: null });
  expect(done.steps.find(({ name }) => name === 'vercel-deployment')).toMatchObject({ attempts: 1 });
  expect(madeBy('createDeployment')).toHaveLength(1);
  expect(pausesAfterFaults('vercel')).toEqual([true, true]);
});

describe('an application in a folder of its own', () => {
  let monorepo: Stack;
  const environment = { VERCEL_ROOT_DIRECTORY: 'apps/web', VERCEL_FRAMEWORK: 'nextjs' };
  async function runWith(changes: Record<string, string>): Promise<ShownProvisioning> {
    monorepo = await startStack({ backend: 'redis', environment: { ...environment, ...changes } });
    const { id } = await monorepo.provision();
    return monorepo.waitUntilDone(id);
  }
  afterEach(() => monorepo?.stop());

  test('is built there, with its framework', async () => {
    const done = await runWith({});
    expect(done).toMatchObject({ status: 'succeeded' });
    const project = monorepo.sandbox.control.objects().find(({ kind }) => kind === 'vercel.project');
    expect(project?.details).toMatchObject({ rootDirectory: 'apps/web', framework: 'nextjs' });
  });

  test('that the repository does not have fails the step by its name, and everything is undone', async () => {
    const done = await runWith({ VERCEL_ROOT_DIRECTORY: 'apps/shop' });
    expect(done).toMatchObject({
      failure: {
        step: 'vercel-deployment',
        code: 'provider-rejected',
        message: expect.stringContaining('the repository has no folder apps/shop') as string,
        whatToDo: expect.stringContaining('VERCEL_ROOT_DIRECTORY') as string,
      },
      rollback: { status: 'completed' },
    });
    expect(monorepo.sandbox.control.objects()).toEqual([]);
  });

  test('of a framework that Vercel does not know fails the step, and what was made before is undone', async () => {
    const done = await runWith({ VERCEL_FRAMEWORK: 'other' });
    expect(done).toMatchObject({
      failure: {
        step: 'vercel-deployment',
        code: 'provider-rejected',
        message: expect.stringContaining('Vercel knows no framework of that name') as string,
        whatToDo: expect.stringContaining('VERCEL_FRAMEWORK') as string,
        providerText: expect.stringContaining('should be equal to one of the allowed values') as string,
      },
      rollback: { status: 'completed' },
    });
    expect(monorepo.sandbox.control.objects()).toEqual([]);
  });
});
