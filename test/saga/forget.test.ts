import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { startStack, type ShownProvisioning, type Stack } from '../helpers/stack.ts';
import { until } from '../helpers/until.ts';
import { post, problemOf, unknownId } from '../server/support.ts';

let stack: Stack;
beforeAll(async () => {
  stack = await startStack({ backend: 'redis' });
});
beforeEach(() => stack.sandbox.control.reset());
afterAll(() => stack?.stop());

const forget = (id: string, resourceId: string, body: unknown = { reason: 'handed over to the client' }) =>
  post(stack, body, { path: `/api/provisioning/${id}/resources/${resourceId}/forget` });
const resourceOf = (shown: ShownProvisioning, kind: string) => {
  const resource = shown.resources.find((one) => one.kind === kind);
  if (resource === undefined) throw new Error(`there is no ${kind}`);
  return resource;
};

/** A rollback that could not delete the repository. */
async function leaveRepository(): Promise<ShownProvisioning> {
  stack.sandbox.control.refuseDelete('github.repository', true);
  stack.sandbox.control.setDeploymentOutcome('ERROR');
  const { id } = await stack.provision({
    callbackUrl: `${stack.sandbox.urls.control}/receiver/caller`,
  });
  const done = await stack.waitUntilDone(id);
  expect(done).toMatchObject({
    status: 'failed',
    rollback: { status: 'incomplete' },
    needsAttention: true,
  });
  return done;
}

test('forgetting the last one that is left completes the rollback, frees the client and says so', async () => {
  const left = await leaveRepository();
  const repository = resourceOf(left, 'github.repository');
  const response = await forget(left.id, repository.id);
  expect(response.status).toBe(200);
  const shown = (await response.json()) as ShownProvisioning;
  expect(shown).toMatchObject({
    status: 'failed',
    rollback: { status: 'completed' },
    done: true,
    needsAttention: false,
  });
  expect(resourceOf(shown, 'github.repository')).toMatchObject({ state: 'forgotten' });
  // It was done already: nothing has happened since but that it was written down.
  expect(shown.finishedAt).toBe(left.finishedAt);
  expect(shown.steps.map(({ status }) => status)).toEqual([
    'undone',
    'undone',
    'undone',
    'failed',
    'skipped',
  ]);
  // It is still at the provider: it is the operator's now.
  expect(stack.sandbox.control.objects().map(({ kind }) => kind)).toEqual(['github.repository']);
  const types = () =>
    stack.sandbox.control
      .receivedCallbacks('caller')
      .map(({ body }) => (JSON.parse(body) as { type: string }).type);
  await until(() => types().length === 3 || undefined, 'the callbacks');
  expect(types()).toEqual([
    'provisioning.failed',
    'provisioning.rollback_incomplete',
    'provisioning.rolled_back',
  ]);
  stack.sandbox.control.removeObject('github.repository', repository.externalId ?? '');
  expect((await stack.provision({ clientId: left.clientId })).status).toBe('queued');
});

test('it is written down who did it, and why', async () => {
  const left = await leaveRepository();
  await forget(left.id, resourceOf(left, 'github.repository').id, { reason: 'the client keeps it' });
  const { rows } = await stack.pool.query<{ data: object }>(
    `select data from ledger.events where provisioning_id = $1 and type = 'resource.forgotten'`,
    [left.id],
  );
  expect(rows[0]?.data).toMatchObject({
    by: 'admin-key',
    reason: 'the client keeps it',
    kind: 'github.repository',
  });
});

test('what is forgotten is not deleted by a later rollback', async () => {
  const { id, clientId } = await stack.provision();
  const works = await stack.waitUntilDone(id);
  expect(works.status).toBe('succeeded');
  expect((await forget(id, resourceOf(works, 'github.repository').id)).status).toBe(200);
  const response = await post(stack, { confirm: clientId }, { path: `/api/provisioning/${id}/rollback` });
  expect(response.status).toBe(202);
  const gone = await until(async () => {
    const shown = await stack.show(id);
    return shown.rollback.status === 'completed' ? shown : undefined;
  }, 'the client to be offboarded');
  expect(resourceOf(gone, 'github.repository').state).toBe('forgotten');
  expect(stack.sandbox.control.objects().map(({ kind }) => kind)).toEqual(['github.repository']);
});

/** The workflow is made, the answer gets lost, and the key may not look for it. */
function loseWorkflow(): void {
  const { control } = stack.sandbox;
  control.addFault({ provider: 'n8n', operation: 'createWorkflow', mode: 'drop-after', times: 1 });
  control.addFault({
    provider: 'n8n',
    operation: 'listWorkflows',
    mode: 'refuse',
    status: 403,
    skip: 1,
    times: -1,
  });
}

test('what is forgotten while its creation is in doubt is not deleted by the rollback that goes on', async () => {
  const { control } = stack.sandbox;
  loseWorkflow();
  control.refuseDelete('github.repository', true);
  const { id } = await stack.provision();
  const left = await stack.waitUntilDone(id);
  expect(left.rollback.status).toBe('incomplete');
  expect(resourceOf(left, 'n8n.workflow').state).toBe('unknown');
  expect((await forget(id, resourceOf(left, 'n8n.workflow').id)).status).toBe(200);

  control.clearFaults();
  control.refuseDelete('github.repository', false);
  expect((await post(stack, '', { path: `/api/provisioning/${id}/rollback` })).status).toBe(202);
  const undone = await until(async () => {
    const shown = await stack.show(id);
    return shown.rollback.status === 'completed' ? shown : undefined;
  }, 'the rollback to be completed');
  expect(undone.resources.filter(({ kind }) => kind === 'n8n.workflow').map(({ state }) => state)).toEqual([
    'forgotten',
  ]);
  expect(control.objects().map(({ kind }) => kind)).toEqual(['n8n.workflow']);
});

test('a resumed step makes another of what was forgotten, once the name is free', async () => {
  const { control } = stack.sandbox;
  loseWorkflow();
  const { id } = await stack.provision({ onFailure: 'pause' });
  const untilPaused = (code: string) =>
    until(async () => {
      const shown = await stack.show(id);
      return shown.status === 'paused' && shown.failure?.code === code ? shown : undefined;
    }, `it to be paused with ${code}`);
  const resume = () => post(stack, '', { path: `/api/provisioning/${id}/resume` });
  const paused = await untilPaused('provider-rejected');
  expect((await forget(id, resourceOf(paused, 'n8n.workflow').id)).status).toBe(200);
  control.clearFaults();
  await resume();
  await untilPaused('name-taken');

  const findWorkflow = () => control.objects().find(({ kind }) => kind === 'n8n.workflow');
  control.removeObject('n8n.workflow', findWorkflow()?.id ?? '');
  await resume();
  const done = await stack.waitUntilDone(id);
  expect(done.status).toBe('succeeded');
  const isOurs = ({ kind, origin, state }: ShownProvisioning['resources'][number]) =>
    kind === 'n8n.workflow' && origin === 'created' && state === 'live';
  expect(done.resources.filter(isOurs).map(({ externalId }) => externalId)).toEqual([findWorkflow()?.id]);
});

test('while something is under way nothing is forgotten', async () => {
  stack.sandbox.control.setDeploymentOutcome('BUILDING');
  const { id } = await stack.provision();
  const running = await until(async () => {
    const shown = await stack.show(id);
    return shown.resources.some(({ kind, state }) => kind === 'vercel.project' && state === 'live')
      ? shown
      : undefined;
  }, 'a Vercel project');
  const response = await forget(id, resourceOf(running, 'vercel.project').id);
  expect(response.status).toBe(409);
  expect((await problemOf(response)).code).toBe('wrong-state');
  await post(stack, '', { path: `/api/provisioning/${id}/cancel` });
  const undone = await stack.waitUntilDone(id);
  expect(resourceOf(undone, 'vercel.project').state).toBe('deleted');
});

test.each([
  ['no reason', {}],
  ['an empty one', { reason: '' }],
  ['a blank one', { reason: '  ' }],
  ['one of 501 characters', { reason: 'x'.repeat(501) }],
  ['one that turns the text around', { reason: 'a\u202eb' }],
  ['something else beside it', { reason: 'gone', force: true }],
])('%s is 400, and nothing is forgotten', async (_name, body) => {
  const { id } = await stack.provision();
  const works = await stack.waitUntilDone(id);
  const response = await forget(id, resourceOf(works, 'n8n.workflow').id, body);
  expect(response.status).toBe(400);
  expect(resourceOf(await stack.show(id), 'n8n.workflow').state).toBe('live');
});

test('a resource of another provisioning, or of none, is 404', async () => {
  const first = await stack.waitUntilDone((await stack.provision()).id);
  const second = await stack.waitUntilDone((await stack.provision()).id);
  for (const resourceId of [resourceOf(second, 'n8n.workflow').id, unknownId, 'nonsense'])
    expect((await forget(first.id, resourceId)).status).toBe(404);
  expect(resourceOf(await stack.show(second.id), 'n8n.workflow').state).toBe('live');
});
