/**
 * Loaded into a server or worker process by the chaos tests, before the product's own code: it ends, freezes or delays
 * that process at the moments that the product announces, and moves its clock.
 *
 * Loaded only by `NODE_OPTIONS=--import …/preload.ts`; it gets its orders over the channel to the parent.
 */
import { subscribe } from 'node:diagnostics_channel';
import { writeSync } from 'node:fs';
import process from 'node:process';
import { firedPrefix, type Announcement, type CrashOrder, type Message } from './crash-order.ts';

let armed: { order: CrashOrder; left: number }[] = [];
function act(order: CrashOrder): void {
  writeSync(2, `${firedPrefix}${order.id}\n`);
  if (order.action === 'kill') process.kill(process.pid, 'SIGKILL');
  else if (order.action === 'freeze') process.kill(process.pid, 'SIGSTOP');
  else Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, order.blockMs);
}

function isMet(order: CrashOrder, { point, verb }: Announcement): boolean {
  return order.point === point && (order.verb === undefined || order.verb === verb);
}

subscribe('client-provisioner:crash-point', (message) => {
  const announcement = message as Announcement;
  for (const one of armed) {
    if (!isMet(one.order, announcement)) continue;
    one.left -= 1;
    if (one.left === 0) act(one.order);
  }
});

let clockMs = 0;
const RealDate = Date;
class MovedDate extends RealDate {
  // Nobody here makes a date from its parts.
  constructor(value: string | number | Date = RealDate.now() + clockMs) {
    super(value);
  }
  static override now(): number {
    return RealDate.now() + clockMs;
  }
}
globalThis.Date = MovedDate as DateConstructor;

process.on('message', (message: Message) => {
  if ('clockMs' in message) clockMs = message.clockMs;
  else armed = message.crashes.map((order) => ({ order, left: order.nth }));
});
// Without its parent nobody would ever end it.
process.on('disconnect', () => process.exit(1));
process.channel?.unref();
