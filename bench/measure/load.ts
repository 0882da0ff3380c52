/** Places orders, so many at once, and waits for each to be done. */
import { request } from 'undici';
import { z } from 'zod';
import { bodyOf, type Order } from '../orders.ts';
import { apiKey } from '../systems/systems.ts';

const accepted = z.object({ id: z.string() });

export interface LoadResult {
  readonly tookMs: number;
  /** How long each order took. */
  readonly eachMs: readonly number[];
}

/** Handles all orders, at most `atOnce` of them at the same time. The next one begins as soon as another is done. */
export async function runLoad(
  orders: readonly Order[],
  atOnce: number,
  handle: (order: Order) => Promise<unknown>,
): Promise<LoadResult> {
  const remaining = orders.values();
  const eachMs: number[] = [];
  const startedAt = performance.now();
  const lanes = Array.from({ length: Math.min(atOnce, orders.length) }, async () => {
    // The lanes share one iterator: each takes what is next.
    for (const order of remaining) {
      const orderedAt = performance.now();
      await handle(order);
      eachMs.push(performance.now() - orderedAt);
    }
  });
  const ended = await Promise.allSettled(lanes);
  const failed = ended.find((lane) => lane.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
  return { tookMs: performance.now() - startedAt, eachMs };
}

/** Places one order and returns its id. */
export async function placeOrder(url: string, order: Order): Promise<string> {
  const { statusCode, body } = await request(`${url}/api/provisioning`, {
    method: 'POST',
    headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify(bodyOf(order)),
  });
  if (statusCode !== 202) throw new Error(`an order was answered ${statusCode}: ${await body.text()}`);
  return accepted.parse(await body.json()).id;
}
