/** When each step, and each undo, was at work, as the events of a provisioning tell it. */
import type { EventRow } from '../world.ts';
import type { Case } from './cases.ts';
import { textField } from './read.ts';

export interface Period {
  readonly direction: 'run' | 'undo';
  readonly step: string;
  readonly from: EventRow;
  /** Undefined: it is still at work. */
  until: EventRow | undefined;
}

export interface StepEvent {
  readonly event: EventRow;
  readonly direction: 'run' | 'undo';
  readonly step: string;
  readonly what: string;
}

/** Undefined: the event is not about the progress of a step. */
export function asStepEvent(event: EventRow): StepEvent | undefined {
  const [scope, what = ''] = event.type.split('.');
  if (scope !== 'step' && scope !== 'undo') return undefined;
  const step = textField(event.data, 'step') ?? '';
  return { event, direction: scope === 'step' ? 'run' : 'undo', step, what };
}

export function periodsOf({ events }: Case): Period[] {
  const periods: Period[] = [];
  for (const one of events.flatMap((event) => asStepEvent(event) ?? [])) {
    const open = periods.findLast(({ until }) => until === undefined);
    const isOfOpen = open?.step === one.step && open.direction === one.direction;
    if (one.what === 'started' && !isOfOpen) {
      // A step that was at work when it was cancelled may end its call; the first undo is the end of that.
      if (open !== undefined) open.until = one.event;
      periods.push({ direction: one.direction, step: one.step, from: one.event, until: undefined });
    }
    if (isOfOpen && (one.what === 'succeeded' || one.what === 'failed')) open.until = one.event;
  }
  return periods;
}

export function periodAt(periods: readonly Period[], event: EventRow): Period | undefined {
  return periods.find(
    ({ from, until }) => from.sequence < event.sequence && (until?.sequence ?? Infinity) > event.sequence,
  );
}
