/** Where the time went: attempts and waits of each step and of its undo, read off the history. Pure. */
import type { EventRow } from '../ledger/events.ts';
import type { StepRow } from '../ledger/rows.ts';
import type { Direction } from '../provisioning.ts';

/** How an attempt or a wait has ended. */
export const timelineEnds = [
  /** The step is done. */
  'succeeded',
  /** An error: another attempt follows. */
  'error',
  /** The step has failed for good. */
  'failed',
  /** An attempt has come to something that it has to wait for; a wait, to something else. */
  'waiting',
  /** A wait, to the next attempt. */
  'over',
  /** A worker is gone: another one begins the attempt again. */
  'interrupted',
  'cancelled',
] as const;
export type TimelineEnd = (typeof timelineEnds)[number];

export interface TimelineEntry {
  readonly kind: 'attempt' | 'wait';
  /** The number of an attempt. */
  readonly attempt?: number;
  /** The thing that a wait is for. */
  readonly for?: string;
  readonly begin: Date;
  /** Undefined: it goes on. */
  readonly end?: Date;
  readonly endedAs?: TimelineEnd;
  readonly error?: { readonly code: string; readonly message: string };
}

export interface TimelineRow {
  readonly step: string;
  readonly position: number;
  readonly direction: Direction;
  readonly entries: readonly TimelineEntry[];
}

interface Open {
  entries: TimelineEntry[];
  current: TimelineEntry | undefined;
}

/** One row per step and then per undo, in the order in which they are worked on; those that never began are left out. */
export function timelineOf(
  steps: readonly StepRow[],
  events: readonly Pick<EventRow, 'type' | 'at' | 'data'>[],
): TimelineRow[] {
  const rows = new Map<string, Open>();
  const rowOf = (key: string): Open => {
    const row = rows.get(key) ?? { entries: [], current: undefined };
    rows.set(key, row);
    return row;
  };
  for (const { type, at, data } of events) {
    if (type === 'provisioning.cancelled')
      for (const [key, row] of rows) if (key.startsWith('step ')) close(row, at, 'cancelled');
    const [, kind, what] = /^(step|undo)\.(started|waiting|succeeded|failed)$/.exec(type) ?? [];
    if (kind === undefined || typeof data['step'] !== 'string') continue;
    const row = rowOf(`${kind} ${data['step']}`);
    const error = errorIn(data);
    if (what === 'started') {
      close(row, at, row.current?.kind === 'attempt' ? 'interrupted' : 'over');
      const attempt = typeof data['attempt'] === 'number' ? data['attempt'] : 1;
      row.current = { kind: 'attempt', attempt, begin: at };
    } else if (what === 'waiting') {
      close(row, at, error === undefined ? 'waiting' : 'error', error);
      const waitingFor = typeof data['waitingFor'] === 'string' ? data['waitingFor'] : 'the next attempt';
      row.current = { kind: 'wait', for: waitingFor, begin: at };
    } else close(row, at, what === 'succeeded' ? 'succeeded' : 'failed', error);
  }
  const inOrder = [
    ...steps.filter(({ direction }) => direction === 'run').toSorted((a, b) => a.position - b.position),
    ...steps.filter(({ direction }) => direction === 'undo').toSorted((a, b) => b.position - a.position),
  ];
  return inOrder.flatMap(({ name, position, direction }) => {
    const row = rows.get(`${direction === 'run' ? 'step' : 'undo'} ${name}`);
    if (row === undefined) return [];
    const entries = row.current === undefined ? row.entries : [...row.entries, row.current];
    return [{ step: name, position, direction, entries }];
  });
}

function close(row: Open, at: Date, endedAs: TimelineEnd, error?: TimelineEntry['error']): void {
  if (row.current === undefined) return;
  row.entries.push({ ...row.current, end: at, endedAs, ...(error && { error }) });
  row.current = undefined;
}

function errorIn({ error }: Readonly<Record<string, unknown>>): TimelineEntry['error'] {
  if (typeof error !== 'object' || error === null || !('code' in error) || !('message' in error))
    return undefined;
  return { code: String(error.code), message: String(error.message) };
}
