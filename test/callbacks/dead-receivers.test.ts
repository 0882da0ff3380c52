import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { backends, startStack, type Stack } from '../helpers/stack.ts';
import { until } from '../helpers/until.ts';
import { startHangingReceiver } from './hanging-receiver.ts';
import { quickStep } from './quick-step.ts';

const jobsAtOnce = 2;

describe.each(backends)('on %s', (backend) => {
  let stack: Stack;
  beforeAll(async () => {
    stack = await startStack({
      backend,
      steps: [quickStep],
      environment: { WORKER_CONCURRENCY: String(jobsAtOnce) },
    });
  });
  afterAll(() => stack?.stop());

  /** Has that many provisionings tell of their success there. */
  async function tell(url: string, count: number): Promise<string[]> {
    const orders = Array.from({ length: count }, () => stack.provision({ callbackUrl: url }));
    return (await Promise.all(orders)).map(({ id }) => id);
  }

  interface Told {
    state: string;
    attempts: number;
    ended: number;
    was_put_off: boolean;
  }
  async function read(ids: readonly string[]): Promise<Told[]> {
    const { rows } = await stack.pool.query<Told>(
      `select state, attempts, due_at > created_at + interval '200 ms' as was_put_off,
         (select count(*)::int from ledger.callback_attempts a where a.callback_id = c.id) as ended
       from ledger.callbacks c where provisioning_id = any($1)`,
      [ids],
    );
    return rows;
  }
  const untilDelivered = (ids: readonly string[]) =>
    until(async () => {
      const told = await read(ids);
      return told.length === ids.length && told.every(({ state }) => state === 'delivered')
        ? told
        : undefined;
    }, `${ids.length} callbacks to be delivered`);

  test('as many dead receivers as jobs run at once do not hold up a good one until they time out', async () => {
    const dead = await Promise.all(Array.from({ length: jobsAtOnce }, startHangingReceiver));
    const waiting = (await Promise.all(dead.map(({ url }) => tell(url, 2)))).flat();
    await until(() => dead.every((receiver) => receiver.waiting() === 2), 'the dead ones to be called');

    const told = await tell(`${stack.sandbox.urls.control}/receiver/good-${backend}`, 1);
    await untilDelivered(told);

    expect(await read(waiting)).toEqual(
      waiting.map(() => expect.objectContaining({ state: 'pending', attempts: 1, ended: 0 }) as unknown),
    );
    expect(dead.map((receiver) => receiver.waiting())).toEqual(dead.map(() => 2));
  });

  test('many callbacks to one receiver leave room for others, and those that wait use up no attempt', async () => {
    const dead = await startHangingReceiver();
    const many = await tell(dead.url, 8);
    const putOff = () =>
      read(many).then((all) => all.filter(({ attempts, was_put_off }) => attempts === 0 && was_put_off));
    await until(async () => (await putOff()).length === 3, 'three of them to wait');

    const told = await tell(`${stack.sandbox.urls.control}/receiver/other-${backend}`, 1);
    await untilDelivered(told);
    dead.recover();

    const delivered = await untilDelivered(many);
    // Every attempt that was counted was made.
    expect(delivered.map(({ attempts }) => attempts)).toEqual(delivered.map(({ ended }) => ended));
    expect(dead.most()).toBe(5);
  });
});
