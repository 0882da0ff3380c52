import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest';
import { loadConfig, workerEnvironment } from '../../../src/config.ts';
import { newClientId, startStack, type ShownProvisioning, type Stack } from '../../helpers/stack.ts';
import { until } from '../../helpers/until.ts';
import { readWorld } from '../read-world.ts';
import type { ApiRequest, Stranger, World } from '../world.ts';
import { checkWorld } from './check.ts';

describe('a real run', () => {
  let stack: Stack;
  let requests: ApiRequest[];
  let strangers: Stranger[];
  beforeEach(async () => {
    stack = await startStack({ backend: 'redis' });
    requests = [];
    strangers = [];
  });
  afterEach(() => stack?.stop());

  async function ask(act: ApiRequest['act'], clientId: string, id?: string, body?: unknown): Promise<string> {
    const at = new Date().toISOString();
    const response = await stack.call(`/api/provisioning${id === undefined ? '' : `/${id}/${act}`}`, {
      method: 'POST',
      ...(body === undefined
        ? {}
        : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    });
    const shown = (await response.json()) as ShownProvisioning;
    requests.push({ at, act, clientId, status: response.status, provisioningId: id ?? shown.id });
    return shown.id;
  }

  /** Asks for a client's stack, with callbacks. */
  const create = (clientId: string, onFailure = 'rollback') =>
    ask('create', clientId, undefined, {
      clientId,
      clientName: 'Acme Ltd',
      orgEmail: 'ops@acme.example',
      tier: 'starter',
      callbackUrl: `${stack.sandbox.urls.control}/receiver/${clientId}`,
      onFailure,
    });

  const waitUntil = (id: string, status: string) =>
    until(async () => ((await stack.show(id)).status === status ? true : undefined), `it to be ${status}`);

  /** The world once all callbacks have come. */
  async function settledWorld(): Promise<World> {
    await until(async () => {
      const { rows } = await stack.pool.query(`select 1 from ledger.callbacks where state = 'pending'`);
      return rows.length === 0 || undefined;
    }, 'all callbacks to be delivered');
    const { environment, pool, sandbox, logLines } = stack;
    const { ENCRYPTION_KEYS } = loadConfig(environment, [workerEnvironment]);
    const secretNames = [
      'ADMIN_API_KEY',
      'WEBHOOK_SIGNING_SECRET',
      'SUPABASE_MANAGEMENT_TOKEN',
      'GITHUB_TOKEN',
    ];
    return readWorld({
      pool,
      control: sandbox.control,
      projectsUrl: inject('postgresUrl'),
      encryptionKeys: ENCRYPTION_KEYS,
      isQuiescent: true,
      unrest: '',
      requests,
      strangers,
      outages: [],
      impaired: [],
      sinks: [{ name: 'log', text: logLines.join('\n') }],
      secrets: secretNames.map((name) => ({ name, value: environment[name] ?? '' })),
      signingSecret: environment['WEBHOOK_SIGNING_SECRET'] ?? '',
      limits: {
        maxAttempts: Number(environment['STEP_MAX_ATTEMPTS']),
        readyTimeoutMs: Number(environment['READY_TIMEOUT_MS']),
        pollBaseMs: Number(environment['POLL_BASE_MS']),
      },
    });
  }

  test('a success breaks no promise, and neither does its end at the client’s wish', async () => {
    const clientId = newClientId();
    const id = await create(clientId);
    await stack.waitUntilDone(id);

    const served = await settledWorld();
    expect(checkWorld(served)).toEqual([]);
    expect(served.journal.length).toBeGreaterThan(20);
    expect(served.projectDatabases).toHaveLength(1);
    expect(served.received.length).toBe(1);

    await ask('rollback', clientId, id, { confirm: clientId });
    await stack.waitUntilDone(id);
    expect(checkWorld(await settledWorld())).toEqual([]);
  });

  test('a rollback after the last step breaks no promise, complete or not', async () => {
    const { control } = stack.sandbox;
    control.addFault({
      provider: 'n8n',
      operation: 'publishWorkflow',
      mode: 'reject',
      status: 400,
      times: -1,
    });
    control.refuseDelete('github.repository', true);
    const clientId = newClientId();
    const id = await create(clientId);
    expect((await stack.waitUntilDone(id)).rollback.status).toBe('incomplete');
    expect(checkWorld(await settledWorld())).toEqual([]);

    control.refuseDelete('github.repository', false);
    await ask('rollback', clientId, id);
    await until(
      async () => ((await stack.show(id)).rollback.status === 'completed' ? true : undefined),
      'the rollback to be completed',
    );
    expect(checkWorld(await settledWorld())).toEqual([]);

    control.clearFaults();
    await stack.waitUntilDone(await create(clientId));
    expect(checkWorld(await settledWorld())).toEqual([]);
  });

  test('a pause breaks no promise, and neither does what an operator makes of it', async () => {
    const { control } = stack.sandbox;
    control.setDeploymentOutcome('ERROR');
    const [resumed, rolledBack] = [newClientId(), newClientId()];
    const [first, second] = [await create(resumed, 'pause'), await create(rolledBack, 'pause')];
    await Promise.all([waitUntil(first, 'paused'), waitUntil(second, 'paused')]);
    expect(checkWorld(await settledWorld())).toEqual([]);

    control.setDeploymentOutcome('READY');
    await ask('resume', resumed, first);
    await ask('rollback', rolledBack, second);
    await Promise.all([stack.waitUntilDone(first), stack.waitUntilDone(second)]);
    expect(checkWorld(await settledWorld())).toEqual([]);
  });

  test('a cancel breaks no promise, whatever is under way', async () => {
    const clientId = newClientId();
    const id = await create(clientId);
    await until(() => stack.sandbox.control.journal().length > 15 || undefined, 'the work to be under way');
    await ask('cancel', clientId, id);
    await stack.waitUntilDone(id);
    expect((await stack.show(id)).status).toBe('cancelled');
    expect(checkWorld(await settledWorld())).toEqual([]);
  });

  test('lost answers and a stranger break no promise', async () => {
    const { control } = stack.sandbox;
    for (const [provider, operation] of [
      ['supabase', 'createProject'],
      ['github', 'generateRepository'],
      ['vercel', 'createDeployment'],
      ['n8n', 'createWorkflow'],
    ] as const)
      control.addFault({ provider, operation, mode: 'drop-after', times: 1 });
    control.addFault({ provider: 'vercel', operation: 'createVercelProject', mode: 'drop-before', times: 1 });
    const [ours, taken] = [newClientId(), newClientId()];
    const name = `client-${taken}-app`;
    const strange = await control.createForeign('github.repository', name);
    strangers.push({ kind: 'github.repository', id: strange, name, act: 'created' });
    const ids = [await create(ours), await create(taken)];
    await Promise.all(ids.map((id) => stack.waitUntilDone(id)));
    expect(checkWorld(await settledWorld())).toEqual([]);
  });
});
