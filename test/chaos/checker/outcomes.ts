/** I2, I6, I7, I15, I16 and I18: what was accepted is there, ends once, and in the way that was asked for. */
import type { Violation } from '../world.ts';
import { broken, isCompleted, isIncomplete, listLeft, type Case } from './cases.ts';
import type { Facts } from './facts.ts';
import type { SentCall } from './intents.ts';
import { groupBy } from './read.ts';

export function judgeOutcomes(facts: Facts, calls: readonly SentCall[]): Violation[] {
  const { world, cases } = facts;
  return [
    ...(world.isQuiescent ? [] : [broken('I18', `it did not come to rest: ${world.unrest}`)]),
    ...(world.isQuiescent ? cases.flatMap(judgeEnd) : []),
    ...judgeAccepted(facts),
    ...judgePlaces(cases),
    ...cases.flatMap(judgeCancel),
    ...calls.flatMap(judgeAfterCancel),
  ];
}

const ends = new Set([
  'succeeded/none',
  'paused/none',
  ...['succeeded', 'failed', 'cancelled'].flatMap((status) => [
    `${status}/completed`,
    `${status}/incomplete`,
  ]),
]);
const outcomes = new Set(['provisioning.succeeded', 'provisioning.failed', 'provisioning.cancelled']);

/** I2. */
function judgeEnd(one: Case): Violation[] {
  const { label, state, row, events } = one;
  const isDone = ends.has(state) && state !== 'paused/none';
  const told = events.filter(({ type }) => outcomes.has(type)).map(({ type }) => type);
  return [
    ...(ends.has(state) ? [] : [broken('I2', `${label} has not ended`)]),
    ...(told.length > 1 ? [broken('I2', `${label} has ended more than once: ${told.join(', ')}`)] : []),
    ...(isDone && row.finished_at === undefined ? [broken('I2', `${label} has no time of its end`)] : []),
    ...(isIncomplete(one) ? judgeList(one) : []),
  ];
}

function judgeList(one: Case): Violation[] {
  const left = listLeft(one);
  if (left.length === 0) return [broken('I2', `${one.label} does not say what is left`)];
  return left
    .filter(({ error }) => (error ?? '') === '')
    .map(({ kind, external_id: id }) => broken('I2', `${one.label} does not say why ${kind} ${id} is left`));
}

/** I6 and I15: a row for each 202, and no row that nobody asked for. */
function judgeAccepted({ world, cases }: Facts): Violation[] {
  const creates = world.requests.filter(({ act }) => act === 'create');
  const lost = creates
    .filter(({ status, provisioningId, clientId }) => {
      const isThere = cases.some((one) => one.id === provisioningId && one.clientId === clientId);
      return status === 202 && !isThere;
    })
    .map(({ clientId, provisioningId, at }) =>
      broken(
        'I6',
        `a request for ${clientId} was accepted at ${at}, and there is no provisioning ${provisioningId}`,
      ),
    );
  const doubled = [...groupBy(cases, ({ clientId }) => clientId)].flatMap(([clientId, ofClient]) => {
    const asked = creates.filter(
      ({ status = 500, ...request }) => request.clientId === clientId && (status === 202 || status >= 500),
    );
    if (ofClient.length <= asked.length) return [];
    return [broken('I15', `${clientId} has ${ofClient.length} provisionings for ${asked.length} requests`)];
  });
  return [...lost, ...doubled];
}

/** I7. A place is held from the acceptance until a completed rollback. */
function judgePlaces(cases: readonly Case[]): Violation[] {
  return [...groupBy(cases, ({ clientId }) => clientId).values()].flatMap((ofClient) =>
    ofClient.flatMap((one, index) => {
      const before = ofClient[index - 1];
      if (before === undefined) return [];
      const freedAt = before.events.findLast(({ type }) => type === 'rollback.completed')?.at;
      // The row's own time is from before it waited for the place.
      const heldAt =
        one.events.find(({ type }) => type === 'provisioning.accepted')?.at ?? one.row.created_at;
      const isFree = isCompleted(before) && freedAt !== undefined && freedAt <= heldAt;
      return isFree ? [] : [broken('I7', `${one.label} began while ${before.label} held the client's place`)];
    }),
  );
}

/** I16. */
function judgeCancel(one: Case): Violation[] {
  const { label, events, requests, row } = one;
  const has = (type: string) => events.some((event) => event.type === type);
  const cancels = requests.filter(({ act }) => act === 'cancel');
  const isAccepted = cancels.some(({ status }) => status === 202);
  const mayHaveWon = cancels.some(({ status = 500 }) => status === 202 || status >= 500);
  const isCancelled = has('provisioning.cancelled');
  return [
    ...(isCancelled && has('provisioning.succeeded')
      ? [broken('I16', `${label} was cancelled, and has succeeded`)]
      : []),
    ...(isAccepted && !isCancelled
      ? [broken('I16', `${label} was not cancelled although that was accepted`)]
      : []),
    ...(isCancelled && !mayHaveWon ? [broken('I16', `${label} was cancelled although nobody could`)] : []),
    ...(isCancelled === (row.status === 'cancelled')
      ? []
      : [broken('I16', `${label}: its history and its state disagree about the cancel`)]),
  ];
}

/** I16, at the gate: no call is begun once a cancel is committed, but those that undo. */
function judgeAfterCancel({ mutation, owner, intent }: SentCall): Violation[] {
  const cancelled = owner?.events.find(({ type }) => type === 'provisioning.cancelled');
  if (owner === undefined || intent === undefined || cancelled === undefined) return [];
  const undo = owner.events.find(({ type }) => type === 'undo.started');
  const isBetween = intent.sequence > cancelled.sequence && intent.sequence < (undo?.sequence ?? Infinity);
  return isBetween
    ? [
        broken(
          'I16',
          `request ${mutation.entry.sequence} of ${owner.label} was intended and sent after the cancel`,
        ),
      ]
    : [];
}
