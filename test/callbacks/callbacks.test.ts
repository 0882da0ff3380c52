import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ReceivedCallback } from '../../sandbox/control/receivers.ts';
import { backends, newClientId, startStack, type ShownProvisioning, type Stack } from '../helpers/stack.ts';
import { parseDescription } from '../helpers/openapi.ts';
import { until } from '../helpers/until.ts';
import { textLike } from '../sandbox/matchers.ts';
import { startReceiver } from './receiver.ts';

interface CallbackBody {
  type: string;
  timestamp: string;
  data: ShownProvisioning & { sequence: number };
}

describe.each(backends)('on %s', (backend) => {
  let stack: Stack;
  beforeAll(async () => {
    stack = await startStack({ backend });
  });
  afterAll(() => stack?.stop());

  const urlOf = (name: string) => `${stack.sandbox.urls.control}/receiver/${name}`;
  const received = (name: string) => stack.sandbox.control.receivedCallbacks(name);
  const untilReceived = (name: string, count: number) =>
    until(
      () => (received(name).length >= count ? received(name) : undefined),
      `${count} callbacks to ${name}`,
    );
  const bodiesOf = (callbacks: readonly ReceivedCallback[]) =>
    callbacks.map(({ body }) => JSON.parse(body) as CallbackBody);
  const verify = ({ body, headers }: ReceivedCallback) =>
    new Webhook(stack.environment['WEBHOOK_SIGNING_SECRET'] ?? '').verify(body, headers);

  /** Accepts a provisioning that fails at its third step, as a stranger has the repository's name. */
  async function provisionToFail(callbackUrl: string): Promise<ShownProvisioning> {
    const clientId = newClientId();
    await stack.sandbox.control.createForeign('github.repository', `client-${clientId}-app`);
    return stack.provision({ clientId, callbackUrl });
  }

  async function listStates(id: string): Promise<string[]> {
    const { rows } = await stack.pool.query<{ sequence: number; state: string }>(
      'select sequence, state from ledger.callbacks where provisioning_id = $1 order by sequence',
      [id],
    );
    return rows.map(({ sequence, state }) => `${sequence} ${state}`);
  }

  const untilStates = (id: string, ...states: string[]) =>
    until(async () => {
      const found = await listStates(id);
      if (found.join() !== states.join()) throw new Error(`they are ${found.join()}`);
      return true;
    }, `callbacks ${states.join()}`);

  test('success is told by one callback, signed so that a Standard Webhooks library verifies it', async () => {
    const name = `success-${backend}`;
    const { id } = await stack.provision({ callbackUrl: urlOf(name) });
    const done = await stack.waitUntilDone(id);

    const [callback] = await untilReceived(name, 1);
    await untilStates(id, '1 delivered');

    expect(received(name)).toHaveLength(1);
    expect(callback?.method).toBe('POST');
    expect(callback?.headers['content-type']).toBe('application/json');
    expect(callback === undefined ? undefined : verify(callback)).toEqual({
      type: 'provisioning.succeeded',
      timestamp: textLike(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      data: {
        id,
        clientId: done.clientId,
        sequence: 1,
        status: 'succeeded',
        rollback: { status: 'none' },
        result: done.result,
        warnings: done.warnings,
        failure: null,
        links: {
          self: textLike(new RegExp(`/api/provisioning/${id}$`)),
          events: textLike(new RegExp(`/api/provisioning/${id}/events$`)),
          dashboard: textLike(/\/clients\/[a-z0-9-]+\?run=[0-9a-f-]{36}$/),
        },
      },
    });
  });

  test('an attempt that fails is made again with the same id and the same bytes, until one gets a 2xx', async () => {
    const name = `retried-${backend}`;
    stack.sandbox.control.setReceiver(name, { statuses: [500, 404, 429, 204] });
    const { id } = await stack.provision({ callbackUrl: urlOf(name) });

    await untilStates(id, '1 delivered');

    const attempts = received(name);
    expect(attempts.map(({ status }) => status)).toEqual([500, 404, 429, 204]);
    expect(new Set(attempts.map(({ body }) => body)).size).toBe(1);
    expect(new Set(attempts.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    for (const attempt of attempts) verify(attempt);
  });

  test('a failure is told before its rollback, and the next callback waits until the one before is delivered', async () => {
    const name = `in-order-${backend}`;
    stack.sandbox.control.setReceiver(name, { statuses: [503, 503, 503, 200] });
    const { id } = await provisionToFail(urlOf(name));
    await stack.waitUntilDone(id);

    await untilStates(id, '1 delivered', '2 delivered');

    const callbacks = received(name);
    expect(bodiesOf(callbacks).map(({ type, data }) => `${data.sequence} ${type}`)).toEqual([
      '1 provisioning.failed',
      '1 provisioning.failed',
      '1 provisioning.failed',
      '1 provisioning.failed',
      '2 provisioning.rolled_back',
    ]);
    const bodies = bodiesOf(callbacks);
    expect(bodies[0]?.data).toMatchObject({
      status: 'failed',
      rollback: { status: 'pending' },
      failure: { step: 'github-repo', code: 'name-taken' },
    });
    expect(bodies[4]?.data).toMatchObject({
      status: 'failed',
      rollback: { status: 'completed' },
      failure: { step: 'github-repo', code: 'name-taken' },
    });
    expect(callbacks[4]?.headers['webhook-id']).not.toBe(callbacks[0]?.headers['webhook-id']);
    expect(callbacks[0]?.headers['webhook-id']).toBe(callbacks[3]?.headers['webhook-id']);
  });

  test('what is sent is as /openapi.json describes it, after a success and after a failure', async () => {
    const name = `described-${backend}`;
    const { id } = await stack.provision({ callbackUrl: urlOf(name) });
    await stack.waitUntilDone(id);
    await provisionToFail(urlOf(name));
    const bodies = bodiesOf(await untilReceived(name, 3));
    const document: unknown = await (await stack.call('/openapi.json')).json();
    const described = parseDescription('client-provisioner', document).webhookBody('callback');

    expect(bodies.map(({ type }) => type)).toEqual([
      'provisioning.succeeded',
      'provisioning.failed',
      'provisioning.rolled_back',
    ]);
    for (const body of bodies) expect(described.parse(body)).toEqual(body);
    expect(described.safeParse({ ...bodies[0], password: 'x' }).success).toBe(false);
  });

  test('"gone" ends the callbacks of that provisioning, and of no other', async () => {
    const name = `gone-${backend}`;
    stack.sandbox.control.setReceiver(name, { statuses: [410, 200] });
    const { id } = await provisionToFail(urlOf(name));
    await stack.waitUntilDone(id);
    await untilStates(id, '1 stopped', '2 stopped');
    const other = await stack.provision({ callbackUrl: urlOf(name) });
    await untilStates(other.id, '1 delivered');

    expect(bodiesOf(received(name)).map(({ type, data }) => [type, data.id])).toEqual([
      ['provisioning.failed', id],
      ['provisioning.succeeded', other.id],
    ]);
  });

  test('a redirect is a failure: nobody follows it, and the callback is made again where it was asked for', async () => {
    const [name, elsewhere] = [`redirects-${backend}`, `elsewhere-${backend}`];
    stack.sandbox.control.setReceiver(name, { statuses: [307, 301, 200], location: urlOf(elsewhere) });
    const { id } = await stack.provision({ callbackUrl: urlOf(name) });

    await untilStates(id, '1 delivered');

    expect(received(name).map(({ status }) => status)).toEqual([307, 301, 200]);
    expect(received(elsewhere)).toEqual([]);
  });

  test('a receiver that says when to come again is left alone until then', async () => {
    const attemptedAt: number[] = [];
    const { url } = await startReceiver((_request, response) => {
      attemptedAt.push(performance.now());
      response.writeHead(attemptedAt.length === 1 ? 503 : 204, { 'retry-after': '2' }).end();
    });
    const { id } = await stack.provision({ callbackUrl: url });

    await untilStates(id, '1 delivered');

    const [first = 0, second = 0] = attemptedAt;
    expect(attemptedAt).toHaveLength(2);
    expect(second - first).toBeGreaterThanOrEqual(2000);
  });

  test('what nobody took for a day is given up, and does not hold up what comes after it', async () => {
    let status = 500;
    const { url, received: attempts } = await startReceiver((_request, response) =>
      response.writeHead(status).end(),
    );
    const { id } = await provisionToFail(url);
    await stack.waitUntilDone(id);
    await until(() => attempts.length >= 2, 'some attempts');
    await stack.pool.query(
      `update ledger.callbacks set created_at = created_at - interval '1 day'
       where provisioning_id = $1 and sequence = 1`,
      [id],
    );
    await untilStates(id, '1 failed', '2 pending');
    status = 204;
    await untilStates(id, '1 failed', '2 delivered');

    expect(attempts.at(-1)?.body).toContain('"provisioning.rolled_back"');
  });

  test('a URL is judged at each attempt, and the record says what was refused', async () => {
    const name = `moved-inside-${backend}`;
    stack.sandbox.control.setReceiver(name, { status: 503 });
    const { id } = await stack.provision({ callbackUrl: urlOf(name) });
    await until(() => received(name).length > 0, 'the first attempt');
    await stack.pool.query('update ledger.provisionings set callback_url = $2 where id = $1', [
      id,
      'https://169.254.169.254/latest/meta-data/',
    ]);

    const errors = () =>
      stack.pool.query<{ error: string | null }>(
        `select a.error from ledger.callback_attempts a join ledger.callbacks c on c.id = a.callback_id
         where c.provisioning_id = $1 and a.status is null`,
        [id],
      );
    const [refused] = await until(async () => {
      const { rows } = await errors();
      return rows.length > 0 ? rows : undefined;
    }, 'an attempt that was refused');

    expect(refused).toEqual({ error: 'refused: the URL must not name a private address' });
  });

  test('what a receiver says beside its status is kept nowhere', async () => {
    const { url } = await startReceiver((_request, response) =>
      response.writeHead(200, { 'x-said': 'said-in-a-header' }).end('said-in-a-body'),
    );
    const { id } = await stack.provision({ callbackUrl: url });
    await untilStates(id, '1 delivered');

    const { rows } = await stack.pool.query<{ row: string }>(
      `select row_to_json(c)::text as row from ledger.callbacks c
       union all select row_to_json(a)::text from ledger.callback_attempts a`,
    );
    expect(rows.map(({ row }) => row).join()).toContain(id);
    expect(rows.map(({ row }) => row).join() + stack.logLines.join()).not.toMatch(/said-in-a/);
  });

  test('each attempt is on record with what came of it', async () => {
    const name = `on-record-${backend}`;
    stack.sandbox.control.setReceiver(name, { statuses: [500, 200] });
    const { id } = await stack.provision({ callbackUrl: urlOf(name) });
    await untilStates(id, '1 delivered');

    const { rows } = await stack.pool.query(
      `select a.attempt, a.status, a.error from ledger.callback_attempts a
       join ledger.callbacks c on c.id = a.callback_id where c.provisioning_id = $1 order by a.attempt`,
      [id],
    );

    expect(rows).toEqual([
      { attempt: 1, status: 500, error: null },
      { attempt: 2, status: 200, error: null },
    ]);
  });

  test('nobody is called who did not ask for it, and no callback carries a secret', async () => {
    const { id } = await stack.provision();
    await stack.waitUntilDone(id);

    expect(await listStates(id)).toEqual([]);
    const everything = stack.sandbox.control
      .receivedCallbacks()
      .map(({ body, headers }) => body + JSON.stringify(headers))
      .join();
    for (const variable of [
      'ADMIN_API_KEY',
      'WEBHOOK_SIGNING_SECRET',
      'SUPABASE_MANAGEMENT_TOKEN',
      'GITHUB_TOKEN',
      'VERCEL_TOKEN',
      'N8N_API_KEY',
    ])
      expect(everything).not.toContain(stack.environment[variable]);
    expect(everything).not.toMatch(/sb_secret_|service_role|password/i);
  });
});
