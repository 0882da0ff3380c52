/** I4: callbacks come at least once, in order, each time with the same id and the same bytes, and are signed. */
import { Webhook } from 'standardwebhooks';
import type { CallbackRow } from '../../../src/ledger/rows.ts';
import type { ReceivedCallback } from '../../../sandbox/control/receivers.ts';
import type { EventRow, Violation, World } from '../world.ts';
import { broken, type Case } from './cases.ts';
import { field } from './read.ts';

interface Delivery extends ReceivedCallback {
  /** Undefined: not one that the ledger knows. */
  readonly callback: CallbackRow | undefined;
}

export function judgeCallbacks(world: World, cases: readonly Case[]): Violation[] {
  const deliveries = world.received.map((received): Delivery => {
    const id = received.headers['webhook-id'];
    return { ...received, callback: world.ledger.callbacks.find((callback) => callback.id === id) };
  });
  return [
    ...deliveries.flatMap((delivery) => judgeDelivery(delivery, world.signingSecret)),
    ...cases.flatMap((one) => {
      const own = deliveries.filter(({ callback }) => callback?.provisioning_id === one.id);
      return [
        ...judgeOutbox(one, world),
        ...judgeOrder(one, own),
        ...one.callbacks.flatMap((callback) => judgeCallback(callback, own, world)),
      ].map((what) => `${one.label}: ${what}`);
    }),
  ].map((what) => broken('I4', what));
}

function judgeDelivery({ callback, headers, body, name }: Delivery, secret: string): string[] {
  const id = headers['webhook-id'] ?? '';
  if (callback === undefined) return [`${name} got a callback "${id}" that nobody has written`];
  const sentAt = new Date(Number(headers['webhook-timestamp']) * 1000);
  const isTimed = Number.isFinite(sentAt.getTime());
  const isSigned = isTimed && headers['webhook-signature'] === new Webhook(secret).sign(id, sentAt, body);
  const isForThem = field(parse(body), 'data', 'clientId') === name;
  return [
    ...(isForThem ? [] : [`callback ${callback.sequence} came to ${name}, and is not for it`]),
    ...(isSigned ? [] : [`callback ${callback.sequence} to ${name} is not signed`]),
    ...(body === callback.body ? [] : [`callback ${callback.sequence} to ${name} came with other bytes`]),
  ];
}

/** What is told of which event. */
const told: Readonly<Record<string, string>> = {
  'provisioning.succeeded': 'provisioning.succeeded',
  'provisioning.failed': 'provisioning.failed',
  'provisioning.paused': 'provisioning.paused',
  'provisioning.cancelled': 'provisioning.cancelled',
  'rollback.completed': 'provisioning.rolled_back',
  'rollback.incomplete': 'provisioning.rollback_incomplete',
};

function expectedTypes(events: readonly EventRow[]): string[] {
  const types: string[] = [];
  let isPaused = false;
  for (const { type } of events) {
    // A paused one that an operator rolls back has failed.
    const tells = type === 'rollback.requested' && isPaused ? 'provisioning.failed' : told[type];
    if (tells !== undefined) types.push(tells);
    if (/^(provisioning|rollback)\./.test(type)) isPaused = type === 'provisioning.paused';
  }
  return types;
}

/** What the ledger means to tell: the right things, numbered without gaps. */
function judgeOutbox({ row, events, callbacks, id, clientId }: Case, { isQuiescent }: World): string[] {
  const expected = row.callback_url === undefined ? [] : expectedTypes(events);
  const types = callbacks.map(({ type }) => type);
  const misnumbered = callbacks.filter(({ sequence, body }, index) => {
    const data = field(parse(body), 'data');
    return sequence !== index + 1 || field(data, 'sequence') !== sequence;
  });
  const misleading = callbacks.filter(({ type, body }) => {
    const content = parse(body);
    const isOfIt = field(content, 'data', 'id') === id && field(content, 'data', 'clientId') === clientId;
    return !isOfIt || field(content, 'type') !== type;
  });
  const pending = isQuiescent ? callbacks.filter(({ state }) => state === 'pending') : [];
  return [
    ...(types.join() === expected.join()
      ? []
      : [`tells "${types.join(', ')}" instead of "${expected.join(', ')}"`]),
    ...misnumbered.map(({ sequence }) => `callback ${sequence} is not numbered in its place`),
    ...misleading.map(({ sequence }) => `callback ${sequence} says something else in its body`),
    ...pending.map(({ sequence }) => `callback ${sequence} was neither delivered nor given up`),
  ];
}

/** Each for the first time only after the one before it was delivered, or given up. */
function judgeOrder({ callbacks }: Case, own: readonly Delivery[]): string[] {
  return own.flatMap(({ callback }, index) => {
    const before = callbacks.find(({ sequence }) => sequence === (callback?.sequence ?? 0) - 1);
    if (callback === undefined || before === undefined) return [];
    const earlier = own.slice(0, index);
    if (earlier.some((delivery) => delivery.callback === callback)) return [];
    const isDelivered = earlier.some(
      (delivery) => delivery.callback === before && isSuccess(delivery.status),
    );
    if (isDelivered || before.state === 'failed') return [];
    return [`callback ${callback.sequence} came before callback ${before.sequence} was delivered`];
  });
}

function judgeCallback(callback: CallbackRow, own: readonly Delivery[], { ledger }: World): string[] {
  const { sequence, state, id, attempts } = callback;
  const got = own.filter((delivery) => delivery.callback === callback);
  const answers = ledger.attempts
    .filter(({ callback_id }) => callback_id === id)
    .map(({ status }) => status ?? 0);
  const later = own.some(({ callback: other }) => (other?.sequence ?? 0) > sequence);
  const isGone = got.some(({ status }) => status === 410);
  return [
    ...(state === 'delivered' && !(got.some(({ status }) => isSuccess(status)) && answers.some(isSuccess))
      ? [`callback ${sequence} counts as delivered, and was not`]
      : []),
    ...(state === 'stopped' && later
      ? [`callbacks came after ${sequence}, which was the last one wanted`]
      : []),
    ...(state === 'stopped' && got.length > 0 && !isGone
      ? [`callback ${sequence} was stopped, and nobody asked for that`]
      : []),
    ...(got.length > attempts
      ? [`callback ${sequence} came ${got.length} times for ${attempts} attempts`]
      : []),
  ];
}

function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
