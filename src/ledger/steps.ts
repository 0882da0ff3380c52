/** The progress of a step, or of its undo. Every write happens inside the holder's fence. */
import type { Direction } from '../provisioning.ts';
import type { WaitSoFar } from './claims.ts';
import type { Part } from './parts.ts';
import type { Queryable } from './pool.ts';
import type { StepError, StepWarning } from './rows.ts';

export interface StepKey {
  readonly provisioningId: string;
  readonly direction: Direction;
  readonly position: number;
  readonly name: string;
}

function keyOf(step: StepKey): readonly unknown[] {
  return [step.provisioningId, step.direction, step.position];
}

/** The wait that a step begins. */
export interface Wait {
  /** Undefined: for its next attempt. */
  readonly waitingFor: string | undefined;
  readonly delayMs: number;
  /** When it is given up, counted from now. Undefined: it ends by itself. */
  readonly endsInMs: number | undefined;
  /** The wait is for a provider that is away. */
  readonly isAway: boolean;
  readonly error: StepError | undefined;
}

/** The step waits: for something at the provider (`waitingFor`), or for its next attempt (undefined). */
export function postponeStep(step: StepKey, before: WaitSoFar | undefined, wait: Wait): Part {
  const { waitingFor, error } = wait;
  const isNew = waitingFor === undefined || waitingFor !== before?.waitingFor;
  const about = { step: step.name, ...(waitingFor === undefined ? { error } : { waitingFor }) };
  return {
    sql: `update ledger.steps s
     set status = 'waiting', error = $5, due_at = clock_timestamp() + $6 * interval '1 ms',
         -- One deadline for all that it waits for in a row; an attempt that fails begins anew.
         waiting_since = case when $4::text is null then null
           else coalesce(old.waiting_since, clock_timestamp()) end,
         looks = case when old.waiting_for is not distinct from $4 then old.looks + 1 else 1 end,
         wait_began = case when old.waiting_for = $4 and old.wait_is_away = $8
           then coalesce(old.wait_began, clock_timestamp()) else clock_timestamp() end,
         wait_until = clock_timestamp() + $7 * interval '1 ms',
         away_ms = case when $4::text is null then 0
           when old.wait_is_away and not ($8 and old.waiting_for = $4)
             then old.away_ms + (extract(epoch from clock_timestamp() - old.wait_began) * 1000)::float8
           else old.away_ms end,
         wait_is_away = $8,
         waiting_for = $4
     from ledger.steps old
     where s.provisioning_id = $1 and s.direction = $2 and s.position = $3 and s.status = 'running'
       and old.provisioning_id = s.provisioning_id and old.direction = s.direction and old.position = s.position`,
    values: [
      ...keyOf(step),
      waitingFor,
      error === undefined ? null : JSON.stringify(error),
      wait.delayMs,
      wait.endsInMs,
      wait.isAway,
    ],
    events: isNew ? [{ type: `${eventPrefix(step)}.waiting`, data: about }] : [],
    mustChange: notRunning(step),
  };
}

/** For how long a step has waited for one thing without a break, and with how many looks. Undefined: it does not. */
export async function measureWait(
  db: Queryable,
  step: StepKey,
  waitingFor: string,
): Promise<{ readonly waitedMs: number; readonly looks: number } | undefined> {
  const { rows } = await db.query<{ waited_ms: number; looks: number }>(
    // An event tells when it began to wait for that; waiting_since counts all that it has waited for in a row.
    `select (extract(epoch from clock_timestamp() - began.at) * 1000)::float8 as waited_ms, s.looks
     from ledger.steps s join ledger.events began
       on began.provisioning_id = s.provisioning_id and began.type = $5
         and began.data @> jsonb_build_object('step', s.name, 'waitingFor', s.waiting_for)
     where s.provisioning_id = $1 and s.direction = $2 and s.position = $3 and s.waiting_for = $4
     order by began.sequence desc limit 1`,
    [...keyOf(step), waitingFor, `${eventPrefix(step)}.waiting`],
  );
  const [row] = rows;
  return row && { waitedMs: row.waited_ms, looks: row.looks };
}

/** The columns of a step that waits for nothing. */
export const noWait = `waiting_for = null, waiting_since = null, due_at = null,
         wait_began = null, wait_until = null, wait_is_away = false, away_ms = 0`;

/** The step is done, with all of its post-conditions seen. */
export function completeStep(
  step: StepKey,
  result: {
    readonly output: Readonly<Record<string, unknown>>;
    readonly warnings?: readonly StepWarning[];
  },
): Part {
  const { output, warnings = [] } = result;
  return {
    sql: `update ledger.steps
     set status = 'succeeded', ${noWait}, error = null,
         -- By the time of the statement, which begins the step that follows.
         output = output || $4, warnings = $5, finished_at = statement_timestamp()
     where provisioning_id = $1 and direction = $2 and position = $3 and status = 'running'`,
    values: [...keyOf(step), JSON.stringify(output), JSON.stringify(warnings)],
    events: [
      {
        type: `${eventPrefix(step)}.succeeded`,
        data: { step: step.name, ...(warnings.length === 0 ? {} : { warnings }) },
      },
    ],
    mustChange: notRunning(step),
    returns: 'step',
  };
}

/** The step cannot succeed. What follows from that is the caller's to write in the same transaction. */
export function failStep(step: StepKey, error: StepError): Part {
  return {
    sql: `update ledger.steps
     set status = 'failed', ${noWait}, error = $4,
         finished_at = clock_timestamp()
     where provisioning_id = $1 and direction = $2 and position = $3 and status = 'running'`,
    values: [...keyOf(step), JSON.stringify(error)],
    events: [{ type: `${eventPrefix(step)}.failed`, data: { step: step.name, error } }],
    mustChange: notRunning(step),
  };
}

/** Records what is known of the step's part before the step is done. */
export function mergeOutput(
  step: { readonly provisioningId: string; readonly name: string },
  output: object,
): Part {
  return {
    sql: `update ledger.steps set output = output || $3
     where provisioning_id = $1 and direction = 'run' and name = $2`,
    values: [step.provisioningId, step.name, JSON.stringify(output)],
  };
}

function notRunning(step: StepKey): string {
  return `${step.direction} of ${step.name} is not running`;
}

function eventPrefix(step: StepKey): string {
  return step.direction === 'run' ? 'step' : 'undo';
}
