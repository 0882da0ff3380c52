import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Webhook } from 'standardwebhooks';
import { backends, startStack, type Stack } from '../helpers/stack.ts';
import { until } from '../helpers/until.ts';
import { post, problemOf, unknownId } from './support.ts';

interface ShownCallback {
  id: string;
  sequence: number;
  type: string;
  state: string;
  attempts: { attempt: number; status: number | null; error: string | null; durationMs: number }[];
  attemptCount: number;
  deliveredAt: string | null;
  nextAttemptAt: string | null;
}

describe.each(backends)('on %s', (backend) => {
  let stack: Stack;
  beforeAll(async () => {
    stack = await startStack({ backend });
  });
  beforeEach(() => stack.sandbox.control.reset());
  afterAll(() => stack?.stop());

  const list = async (id: string) => {
    const response = await stack.call(`/api/provisioning/${id}/callbacks`);
    return ((await response.json()) as { items: ShownCallback[] }).items;
  };
  const untilStates = (id: string, ...states: string[]) =>
    until(async () => {
      const callbacks = await list(id);
      return callbacks.map(({ state }) => state).join() === states.join() ? callbacks : undefined;
    }, `callbacks that are ${states.join()}`);
  const redeliver = (id: string, callbackId: string) =>
    post(stack, '', { path: `/api/provisioning/${id}/callbacks/${callbackId}/redeliver` });
  const received = () => stack.sandbox.control.receivedCallbacks('caller');
  const provision = () => stack.provision({ callbackUrl: `${stack.sandbox.urls.control}/receiver/caller` });

  test('each callback is listed with what its receiver answered to each attempt', async () => {
    stack.sandbox.control.setReceiver('caller', { statuses: [500, 503, 200] });
    const { id } = await provision();
    const [callback] = await untilStates(id, 'delivered');
    expect(callback).toMatchObject({
      sequence: 1,
      type: 'provisioning.succeeded',
      attemptCount: 3,
      nextAttemptAt: null,
    });
    expect(callback?.attempts.map(({ attempt, status }) => [attempt, status])).toEqual([
      [1, 500],
      [2, 503],
      [3, 200],
    ]);
    expect(callback?.deliveredAt).not.toBeNull();
  });

  test('one that was delivered is sent again with its id and its bytes, and a new valid signature', async () => {
    const { id } = await provision();
    const [callback] = await untilStates(id, 'delivered');
    const response = await redeliver(id, callback?.id ?? '');
    expect(response.status).toBe(202);
    await until(() => received().length === 2 || undefined, 'the second delivery');
    await untilStates(id, 'delivered');

    const [first, second] = received();
    expect(second?.body).toBe(first?.body);
    expect(second?.headers['webhook-id']).toBe(first?.headers['webhook-id']);
    const webhook = new Webhook(stack.environment['WEBHOOK_SIGNING_SECRET'] ?? '');
    expect(webhook.verify(second?.body ?? '', second?.headers ?? {})).toMatchObject({
      type: 'provisioning.succeeded',
    });
    const { items } = (await (await stack.call(`/api/provisioning/${id}/events?limit=500`)).json()) as {
      items: { type: string; data: object }[];
    };
    expect(items.at(-1)).toMatchObject({
      type: 'callback.redelivered',
      data: { callback: 1, by: 'admin-key' },
    });
  });

  test('one whose receiver said gone is sent again by hand, and only that one', async () => {
    stack.sandbox.control.setReceiver('caller', { statuses: [410] });
    stack.sandbox.control.addFault({
      provider: 'github',
      operation: 'generateRepository',
      mode: 'reject',
      status: 422,
      times: -1,
    });
    const { id } = await provision();
    const callbacks = await untilStates(id, 'stopped', 'stopped');
    stack.sandbox.control.setReceiver('caller', { status: 200 });
    await redeliver(id, callbacks[1]?.id ?? '');
    const [first, second] = await untilStates(id, 'stopped', 'delivered');
    expect([first?.attemptCount, second?.attemptCount]).toEqual([1, 1]);
  });

  test('once the one that was stopped is delivered by hand, those of later changes are sent again', async () => {
    stack.sandbox.control.setReceiver('caller', { statuses: [410] });
    const { id, clientId } = await provision();
    const [stopped] = await untilStates(id, 'stopped');
    stack.sandbox.control.setReceiver('caller', { status: 200 });
    await redeliver(id, stopped?.id ?? '');
    await untilStates(id, 'delivered');

    await post(stack, { confirm: clientId }, { path: `/api/provisioning/${id}/rollback` });
    const [, later] = await untilStates(id, 'delivered', 'delivered');
    expect(later).toMatchObject({ sequence: 2, type: 'provisioning.rolled_back' });
  });

  test('one that was given up has its day of attempts anew', async () => {
    stack.sandbox.control.setReceiver('caller', { status: 500 });
    const { id } = await provision();
    await until(async () => (await list(id))[0]?.attempts[0], 'an attempt');
    await stack.pool.query(
      `update ledger.callbacks set created_at = created_at - interval '2 days' where provisioning_id = $1`,
      [id],
    );
    const [callback] = await untilStates(id, 'failed');
    const before = callback?.attemptCount ?? 0;
    await redeliver(id, callback?.id ?? '');
    await until(
      async () => ((await list(id))[0]?.attemptCount ?? 0) > before + 1 || undefined,
      'more than one attempt',
    );
    stack.sandbox.control.setReceiver('caller', { status: 200 });
    const [delivered] = await untilStates(id, 'delivered');
    expect(delivered?.attempts.at(-1)?.status).toBe(200);
  });

  test('a callback of another provisioning, or of none, is 404', async () => {
    const { id } = await provision();
    const [callback] = await untilStates(id, 'delivered');
    const other = await stack.provision();
    for (const [provisioning, wanted] of [
      [other.id, callback?.id ?? ''],
      [id, unknownId],
      [id, 'nonsense'],
      [unknownId, callback?.id ?? ''],
    ] as const) {
      const response = await redeliver(provisioning, wanted);
      expect(response.status).toBe(404);
      expect((await problemOf(response)).code).toBe('not-found');
    }
    expect((await stack.call(`/api/provisioning/${unknownId}/callbacks`)).status).toBe(404);
    expect(received()).toHaveLength(1);
  });
});
