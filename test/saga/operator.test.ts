import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { backends, startStack, type ShownProvisioning, type Stack } from '../helpers/stack.ts';
import { until } from '../helpers/until.ts';

describe.each(backends)('on %s', (backend) => {
  let stack: Stack;
  beforeAll(async () => {
    stack = await startStack({ backend });
  });
  beforeEach(() => stack.sandbox.control.reset());
  afterAll(() => stack?.stop());

  const post = (path: string, body?: unknown) =>
    stack.call(path, {
      method: 'POST',
      ...(body === undefined
        ? {}
        : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    });
  const waitFor = (id: string, isSo: (shown: ShownProvisioning) => boolean, what: string) =>
    until(async () => {
      const shown = await stack.show(id);
      return isSo(shown) ? shown : undefined;
    }, what);

  async function pause(): Promise<ShownProvisioning> {
    stack.sandbox.control.setDeploymentOutcome('ERROR');
    const callbackUrl = `${stack.sandbox.urls.control}/receiver/caller`;
    const { id } = await stack.provision({ onFailure: 'pause', callbackUrl });
    return waitFor(id, ({ status }) => status === 'paused', 'it to be paused');
  }
  const types = () =>
    stack.sandbox.control
      .receivedCallbacks('caller')
      .map(({ body }) => (JSON.parse(body) as { type: string }).type);

  test('a failure pauses where that was asked for, leaves everything as it is, and says so', async () => {
    const paused = await pause();
    expect(paused).toMatchObject({
      status: 'paused',
      rollback: { status: 'none' },
      done: false,
      needsAttention: true,
      failure: { step: 'vercel-deployment' },
    });
    expect(stack.sandbox.control.objects().map(({ kind }) => kind)).toEqual(
      expect.arrayContaining(['supabase.project', 'github.repository', 'vercel.project']),
    );
    expect((await post(`/api/provisioning/${paused.id}/rollback`)).status).toBe(202);
    expect(await stack.waitUntilDone(paused.id)).toMatchObject({
      status: 'failed',
      rollback: { status: 'completed' },
    });
    expect(stack.sandbox.control.objects()).toEqual([]);
    await until(() => types().length === 3 || undefined, 'all callbacks');
    expect(types()).toEqual(['provisioning.paused', 'provisioning.failed', 'provisioning.rolled_back']);
  });

  test('a paused one goes on from the step that failed', async () => {
    const { control } = stack.sandbox;
    const { id } = await pause();
    control.setDeploymentOutcome('READY');
    const [first, second] = await Promise.all([
      post(`/api/provisioning/${id}/resume`),
      post(`/api/provisioning/${id}/resume`),
    ]);
    expect([first.status, second.status].toSorted((a, b) => a - b)).toEqual([202, 409]);
    expect(await stack.waitUntilDone(id)).toMatchObject({ status: 'succeeded', failure: null });
    const creations = control.journal().filter(({ effect }) => effect === 'created');
    expect(creations.map(({ operation }) => operation).toSorted()).toEqual([
      'createDeployment',
      'createDeployment',
      'createProject',
      'createVercelProject',
      'createWorkflow',
      'generateRepository',
    ]);
  });

  test('one that got no answer to any of its calls has all of them anew', async () => {
    const { control } = stack.sandbox;
    control.addFault({ provider: 'github', operation: 'generateRepository', mode: 'drop-before', times: -1 });
    const { id } = await stack.provision({ onFailure: 'pause' });
    const paused = await waitFor(id, ({ status }) => status === 'paused', 'it to be paused');
    expect(paused.failure).toMatchObject({ step: 'github-repo', code: 'provider-unavailable' });

    control.clearFaults();
    expect((await post(`/api/provisioning/${id}/resume`)).status).toBe(202);
    expect(await stack.waitUntilDone(id)).toMatchObject({ status: 'succeeded' });
  });

  test('what a call without an answer may have made is listed until somebody could look for it', async () => {
    const { control } = stack.sandbox;
    control.addFault({ provider: 'github', operation: 'generateRepository', mode: 'drop-before', times: -1 });
    const { id } = await stack.provision({ onFailure: 'pause' });
    await waitFor(id, ({ status }) => status === 'paused', 'it to be paused');
    control.addFault({
      provider: 'github',
      operation: 'getRepository',
      mode: 'refuse',
      status: 403,
      times: -1,
    });
    await post(`/api/provisioning/${id}/rollback`);
    const left = await waitFor(id, ({ done }) => done, 'the rollback to end');
    expect(left.rollback.status).toBe('incomplete');
    expect(left.resources.filter(({ state }) => state !== 'deleted')).toMatchObject([
      { kind: 'github.repository', externalId: null, origin: 'created', state: 'unknown' },
    ]);

    control.clearFaults();
    await post(`/api/provisioning/${id}/rollback`);
    const undone = await waitFor(id, ({ done }) => done, 'the rollback to end again');
    expect(undone.rollback.status).toBe('completed');
    expect(undone.resources.filter(({ state }) => state !== 'deleted')).toEqual([]);
  });

  test('why an operator acts stays in the history', async () => {
    const reasonOf = async (id: string, type: string) => {
      const { rows } = await stack.pool.query<{ data: { by: string; reason?: string } }>(
        'select data from ledger.events where provisioning_id = $1 and type = $2 order by sequence desc limit 1',
        [id, type],
      );
      return rows[0]?.data;
    };
    const { id } = await pause();
    await post(`/api/provisioning/${id}/resume`, { reason: 'the app is installed now' });
    expect(await reasonOf(id, 'provisioning.resumed')).toEqual({
      by: 'admin-key',
      reason: 'the app is installed now',
    });
    await waitFor(id, ({ status }) => status === 'paused', 'it to be paused again');
    await post(`/api/provisioning/${id}/rollback`, { reason: 'the client has left' });
    expect(await reasonOf(id, 'rollback.requested')).toEqual({
      by: 'admin-key',
      reason: 'the client has left',
    });
    await stack.waitUntilDone(id);

    const other = await pause();
    await post(`/api/provisioning/${other.id}/cancel`, { reason: 'a typing error' });
    expect(await reasonOf(other.id, 'provisioning.cancelled')).toEqual({
      by: 'admin-key',
      reason: 'a typing error',
    });
    await stack.waitUntilDone(other.id);
  });

  test('an incomplete rollback is taken up again and completed', async () => {
    const { control } = stack.sandbox;
    control.refuseDelete('github.repository', true);
    control.setDeploymentOutcome('ERROR');
    const { id } = await stack.provision();
    expect(await stack.waitUntilDone(id)).toMatchObject({ rollback: { status: 'incomplete' } });
    control.refuseDelete('github.repository', false);
    const again = await post(`/api/provisioning/${id}/rollback`);
    expect(again.status).toBe(202);
    expect(await again.json()).toMatchObject({
      rollback: { status: 'running' },
      done: false,
      finishedAt: null,
    });
    expect(await stack.waitUntilDone(id)).toMatchObject({
      status: 'failed',
      rollback: { status: 'completed' },
      needsAttention: false,
    });
    expect(control.objects()).toEqual([]);
  });

  test('a client that works is offboarded only with its own id as confirmation', async () => {
    const { id, clientId } = await stack.provision();
    await stack.waitUntilDone(id);
    for (const body of [undefined, {}, { confirm: 'another' }])
      expect((await post(`/api/provisioning/${id}/rollback`, body)).status).toBe(428);
    expect((await post(`/api/provisioning/${id}/rollback`, { confirm: clientId })).status).toBe(202);
    expect(await waitFor(id, ({ done }) => done, 'it to be offboarded')).toMatchObject({
      status: 'succeeded',
      rollback: { status: 'completed' },
    });
    expect(stack.sandbox.control.objects()).toEqual([]);
    expect((await post(`/api/provisioning/${id}/rollback`, { confirm: clientId })).status).toBe(409);
  });

  test('an offboarding that is incomplete is taken up again without another confirmation', async () => {
    const { control } = stack.sandbox;
    const { id, clientId } = await stack.provision();
    await stack.waitUntilDone(id);
    control.refuseDelete('github.repository', true);
    expect((await post(`/api/provisioning/${id}/rollback`, { confirm: clientId })).status).toBe(202);
    await waitFor(id, ({ rollback }) => rollback.status === 'incomplete', 'it to be incomplete');
    control.refuseDelete('github.repository', false);
    expect((await post(`/api/provisioning/${id}/rollback`)).status).toBe(202);
    await waitFor(id, ({ rollback }) => rollback.status === 'completed', 'it to be offboarded');
    expect(control.objects()).toEqual([]);
  });

  test('one that runs can be neither resumed nor rolled back, and one that is not there is not found', async () => {
    stack.sandbox.control.setTiming({ projectHealthyAfterMs: 60_000 });
    const { id } = await stack.provision();
    expect((await post(`/api/provisioning/${id}/resume`)).status).toBe(409);
    expect((await post(`/api/provisioning/${id}/rollback`)).status).toBe(409);
    stack.sandbox.control.setTiming({ projectHealthyAfterMs: 1 });
    await stack.waitUntilDone(id);
    expect((await post('/api/provisioning/3c0a3f57-7a39-4b52-8a3a-3a8d2e9d9b11/resume')).status).toBe(404);
  });
});
