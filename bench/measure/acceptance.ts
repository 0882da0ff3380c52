/** How fast a system accepts orders that nobody works on. */
import { makeOrders } from '../orders.ts';
import type { Installation } from '../systems/installation.ts';
import type { Figures } from './figures.ts';
import { placeOrder, runLoad } from './load.ts';
import { percentile } from './statistics.ts';
import type { Sizes } from './sizes.ts';

const atOnce = 20;

export async function measureAcceptance(
  { url }: Installation,
  sizes: Sizes,
  signal: AbortSignal,
): Promise<Figures> {
  const place = async (prefix: string, count: number) =>
    runLoad(makeOrders(prefix, count), atOnce, (order) => {
      signal.throwIfAborted();
      return placeOrder(url, order);
    });
  await place('warm', sizes.warmUp * 2);
  const { tookMs, eachMs } = await place('accepted', sizes.accepted);
  return {
    accepted: (sizes.accepted * 1000) / tookMs,
    acceptP50: percentile(eachMs, 0.5),
    acceptP99: percentile(eachMs, 0.99),
  };
}
