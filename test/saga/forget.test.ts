import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { backends, startStack, type ShownProvisioning, type Stack } from '../helpers/stack.ts';
import { until } from '../helpers/until.ts';
import { post, problemOf, unknownId } from '../server/support.ts';

describe.each(backends)('on %s', (backend) => {
  let stack: Stack;
  beforeAll(async () => {
    stack = await startStack({ backend });
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
});
