/** I14 and I19: the history has no gap, tells only of changes that are allowed, and leads to the state of the row. */
import type { EventRow, Violation } from '../world.ts';
import { broken, type Case } from './cases.ts';
import { textField } from './read.ts';

export function judgeHistories(cases: readonly Case[]): Violation[] {
  return cases.flatMap((one) => [
    ...[...judgeNumbers(one), ...judgeChanges(one), ...judgeActs(one)].map((what) =>
      broken('I14', `${one.label}: ${what}`),
    ),
    ...judgeSteps(one).map((what) => broken('I19', `${one.label}: ${what}`)),
  ]);
}

function judgeNumbers({ events, row }: Case): string[] {
  const gaps = events.filter(({ sequence }, index) => sequence !== index + 1);
  const backwards = events.filter(({ at }, index) => index > 0 && at < (events[index - 1]?.at ?? at));
  return [
    ...gaps.slice(0, 1).map(({ sequence }) => `a gap in the history before event ${sequence}`),
    ...backwards.map(({ sequence }) => `event ${sequence} is older than the one before it`),
    ...(row.last_event === events.length ? [] : [`counts ${row.last_event} events and has ${events.length}`]),
  ];
}

const running = ['queued/none', 'running/none', 'paused/none'];
const rollingBack = ['failed', 'cancelled', 'succeeded'].flatMap((status) => [
  `${status}/pending`,
  `${status}/running`,
]);

/** From which states an event may come, and to which it leads. Undefined: it changes nothing. */
const changes: Readonly<Record<string, { from: readonly string[]; to: (from: string) => string }>> = {
  'provisioning.accepted': { from: ['nothing'], to: () => 'queued/none' },
  'step.started': { from: ['queued/none', 'running/none'], to: () => 'running/none' },
  'provisioning.paused': { from: ['running/none'], to: () => 'paused/none' },
  'provisioning.resumed': { from: ['paused/none'], to: () => 'running/none' },
  'provisioning.succeeded': { from: ['running/none'], to: () => 'succeeded/none' },
  'provisioning.failed': { from: running, to: () => 'failed/pending' },
  'provisioning.cancelled': { from: running, to: () => 'cancelled/pending' },
  'rollback.requested': {
    from: [
      'paused/none',
      'succeeded/none',
      'failed/incomplete',
      'cancelled/incomplete',
      'succeeded/incomplete',
    ],
    to: (from) =>
      from === 'paused/none'
        ? 'failed/pending'
        : from.replace('/none', '/pending').replace('/incomplete', '/running'),
  },
  'undo.started': { from: rollingBack, to: (from) => from.replace('/pending', '/running') },
  // An empty rollback has no undo to begin it, and an operator may take the last thing that is left off the list.
  'rollback.completed': {
    from: [...rollingBack, 'failed/incomplete', 'cancelled/incomplete', 'succeeded/incomplete'],
    to: (from) => from.replace(/\/.*/, '/completed'),
  },
  'rollback.incomplete': { from: rollingBack, to: (from) => from.replace(/\/.*/, '/incomplete') },
};
/** What may be told in a state that changes by other events only. */
const atWork = new Set(['running/none', ...rollingBack]);

function judgeChanges({ events, state: end }: Case): string[] {
  const faults: string[] = [];
  let state = 'nothing';
  for (const { type, sequence } of events) {
    const change = changes[type];
    const isForbidden = change === undefined ? !mayTell(type, state) : !change.from.includes(state);
    if (isForbidden) faults.push(`event ${sequence}: ${type} in ${state}`);
    state = change?.to(state) ?? state;
  }
  return state === end ? faults : [...faults, `its history ends as ${state}`];
}

function mayTell(type: string, state: string): boolean {
  if (/^(provisioning|rollback)\./.test(type)) return false;
  return !/^(step|undo|effect)\./.test(type) || atWork.has(state);
}

const acts = new Set([
  'provisioning.resumed',
  'provisioning.cancelled',
  'rollback.requested',
  'resource.forgotten',
]);

function judgeActs({ events }: Case): string[] {
  const has = (event: EventRow, key: string) => (textField(event.data, key) ?? '') !== '';
  return events.flatMap((event) => {
    if (!acts.has(event.type)) return [];
    const needsReason = event.type === 'resource.forgotten';
    return [
      ...(has(event, 'by') ? [] : [`event ${event.sequence}: ${event.type} does not say by whom`]),
      ...(needsReason && !has(event, 'reason') ? [`event ${event.sequence} does not say why`] : []),
    ];
  });
}

/** I19: the steps that it was accepted with, and no others. */
function judgeSteps({ row, runs, undos, events }: Case): string[] {
  const { step_names: names } = row;
  const isAsAccepted =
    runs.length === names.length &&
    runs.every(({ name, position }, index) => name === names[index] && position === index + 1);
  const strays = [
    ...undos
      .filter(({ name, position }) => names[position - 1] !== name)
      .map(({ name }) => `an undo of ${name}`),
    ...events
      .map(({ data }) => textField(data, 'step'))
      .filter((step) => step !== undefined && !names.includes(step))
      .map((step) => `an event about ${step}`),
  ];
  return [
    ...(isAsAccepted ? [] : ['its steps are not those that it was accepted with']),
    ...strays.map((what) => `${what}, which it was not accepted with`),
  ];
}
