/** I10: a step begins when all before it are done, undo runs in strict reverse, and a step calls only while it is at work. */
import type { EventRow, Violation } from '../world.ts';
import { broken, slackMs, type Case } from './cases.ts';
import { describe } from './calls.ts';
import type { SentCall } from './intents.ts';
import { asStepEvent, periodAt, periodsOf, type Period } from './periods.ts';
import { textField } from './read.ts';

export function judgeOrder(cases: readonly Case[], calls: readonly SentCall[]): Violation[] {
  return cases.flatMap((one) => {
    const periods = periodsOf(one);
    return [
      ...judgeBeginnings(one),
      ...judgeRows(one),
      ...judgeIntents(one, periods),
      ...calls.filter(({ owner }) => owner === one).flatMap((call) => judgeCall(call, periods)),
    ].map((what) => broken('I10', `${one.label}: ${what}`));
  });
}

/** Each beginning and each end against what has ended by then. */
function judgeBeginnings({ events, row, undos }: Case): string[] {
  const faults: string[] = [];
  const planned = undos.map(({ name }) => name);
  const done: string[] = [];
  let left: readonly string[] = planned;
  const failed = new Set<string>();
  let open: string | undefined;
  let isRollingBack = false;
  for (const event of events) {
    if (event.type === 'provisioning.cancelled' || event.type === 'provisioning.failed') isRollingBack = true;
    if (event.type === 'rollback.requested') {
      left = isRollingBack ? planned.filter((name) => failed.has(name)) : planned;
      failed.clear();
      isRollingBack = true;
    }
    const about = asStepEvent(event);
    if (about === undefined) continue;
    const { direction, step, what } = about;
    const name = `${direction} of ${step}`;
    if (what === 'started') {
      const next = direction === 'run' ? row.step_names[done.length] : left.at(-1);
      if (step !== next)
        faults.push(`event ${event.sequence}: ${name} began when ${next ?? 'nothing'} was next`);
      if ((direction === 'undo') !== isRollingBack)
        faults.push(
          `event ${event.sequence}: ${name} began ${isRollingBack ? 'during' : 'before'} the rollback`,
        );
      if (open !== undefined && open !== name && open.startsWith(direction))
        faults.push(`event ${event.sequence}: ${name} began while ${open} was at work`);
      open = name;
    } else if (open !== name)
      faults.push(`event ${event.sequence}: ${event.type}, but ${name} was not at work`);
    if (what !== 'succeeded' && what !== 'failed') continue;
    open = undefined;
    if (direction === 'undo') left = left.filter((other) => other !== step);
    if (direction === 'undo' && what === 'failed') failed.add(step);
    if (direction === 'run' && what === 'succeeded') done.push(step);
  }
  return faults;
}

/** The same from the steps' own times. Those of an undo that was taken up again are of different rounds. */
function judgeRows({ runs, undos, events }: Case): string[] {
  const rounds = events.filter(({ type }) => type === 'rollback.incomplete').length;
  const lists = rounds === 0 ? [runs, undos.toReversed()] : [runs];
  return lists.flatMap((list) =>
    list.flatMap((step, index) => {
      const before = list[index - 1];
      if (before === undefined || step.started_at === undefined) return [];
      const isInTime = before.finished_at !== undefined && before.finished_at <= step.started_at;
      return isInTime
        ? []
        : [`${step.direction} of ${step.name} began before that of ${before.name} had ended`];
    }),
  );
}

/** Whoever intends a call is at work. Nothing is made once it is being undone. */
function judgeIntents({ events, effects }: Case, periods: readonly Period[]): string[] {
  return events
    .filter(({ type }) => type === 'effect.intended')
    .flatMap((event) => {
      const step = textField(event.data, 'step');
      const period = periodAt(periods, event);
      if (period?.step !== step)
        return [
          `event ${event.sequence}: ${step} intends a call while ${period?.step ?? 'no step'} is at work`,
        ];
      const effect = effects.find(({ id }) => id === event.data['effect']);
      return effect?.verb === 'create' && period?.direction === 'undo'
        ? [`event ${event.sequence}: the undo of ${step} intends to make something`]
        : [];
    });
}

function judgeCall({ mutation, intent }: SentCall, periods: readonly Period[]): string[] {
  const period = intent && periodAt(periods, intent);
  if (period?.until === undefined || mutation.at <= timeOf(period.until) + slackMs) return [];
  return [`${describe(mutation)} came in after ${period.direction} of ${period.step} had ended`];
}

function timeOf(event: EventRow): number {
  return event.at.getTime();
}
