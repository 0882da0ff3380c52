/** The progress of a step, or of its undo. Every write happens inside the holder's fence. */
import type { Direction } from '../provisioning.ts';
import { releaseLease } from './claims.ts';
import { appendEvent } from './events.ts';
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

/** Where a step stands as it begins, by the database's clock. */
export interface StepProgress {
  readonly attempts: number;
  /** How often it was begun again after a worker was killed, stopped or cut off. */
  readonly interruptions: number;
  /** The wait that this look ends. Undefined: this is a new attempt. */
  readonly wait: WaitSoFar | undefined;
}

/** The waits of a step in a row, by the database's clock. */
export interface WaitSoFar {
  /** The newest, and how often it was looked for in vain. */
  readonly waitingFor: string;
  readonly looks: number;
  /** How long all of them took, without those for a provider that was away. */
  readonly waitedMs: number;
  /** How long those for a provider that was away took. */
  readonly awayMs: number;
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

/** A step that was just begun. */
export interface BegunStep extends StepProgress {
  /** How long ago it began for the first time. */
  readonly begunMsAgo: number;
}

/** Begins an attempt, or a further look of one that waits. */
export async function beginStep(db: Queryable, step: StepKey): Promise<BegunStep> {
  const { rows } = await db.query<{
    attempts: number;
    interruptions: number;
    waiting_for: string | null;
    waited_ms: number | null;
    away_ms: number;
    begun_ms_ago: number;
    looks: number;
  }>(
    `update ledger.steps
     set status = 'running', due_at = null, started_at = coalesce(started_at, clock_timestamp()),
         attempts = attempts + case when waiting_for is null and status <> 'running' then 1 else 0 end,
         interruptions = interruptions + case when status = 'running' then 1 else 0 end
     where provisioning_id = $1 and direction = $2 and position = $3
       and status in ('pending', 'running', 'waiting')
     returning attempts, interruptions, waiting_for, looks,
       (extract(epoch from clock_timestamp() - waiting_since) * 1000)::float8 as waited_ms,
       away_ms + case when wait_is_away
         then (extract(epoch from clock_timestamp() - wait_began) * 1000)::float8 else 0 end as away_ms,
       (extract(epoch from clock_timestamp() - started_at) * 1000)::float8 as begun_ms_ago`,
    [...keyOf(step)],
  );
  const [row] = rows;
  if (row === undefined) throw new Error(`${step.direction} of ${step.name} has ended already`);
  if (row.waiting_for === null)
    await appendEvent(db, step.provisioningId, `${eventPrefix(step)}.started`, {
      step: step.name,
      attempt: row.attempts,
    });
  await db.query(
    `update ledger.provisionings
     set status = case when status = 'queued' then 'running' else status end,
         rollback_status = case when rollback_status in ('pending') then 'running' else rollback_status end
     where id = $1 and (status = 'queued' or rollback_status = 'pending')`,
    [step.provisioningId],
  );
  return {
    attempts: row.attempts,
    interruptions: row.interruptions,
    begunMsAgo: row.begun_ms_ago,
    wait:
      row.waiting_for === null
        ? undefined
        : {
            waitingFor: row.waiting_for,
            looks: row.looks,
            waitedMs: Math.max(0, (row.waited_ms ?? 0) - row.away_ms),
            awayMs: row.away_ms,
          },
  };
}

/** The step waits: for something at the provider (`waitingFor`), or for its next attempt (undefined). */
export async function postponeStep(
  db: Queryable,
  step: StepKey,
  wait: Wait & { readonly sweepAfterMs: number },
): Promise<void> {
  const { rows } = await db.query<{ is_new: boolean }>(
    `update ledger.steps s
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
       and old.provisioning_id = s.provisioning_id and old.direction = s.direction and old.position = s.position
     returning old.waiting_for is distinct from $4 or $4::text is null as is_new`,
    [
      ...keyOf(step),
      wait.waitingFor,
      wait.error === undefined ? null : JSON.stringify(wait.error),
      wait.delayMs,
      wait.endsInMs,
      wait.isAway,
    ],
  );
  if (rows[0]?.is_new === true)
    await appendEvent(db, step.provisioningId, `${eventPrefix(step)}.waiting`, {
      step: step.name,
      ...(wait.waitingFor === undefined ? { error: wait.error } : { waitingFor: wait.waitingFor }),
    });
  await releaseLease(db, step.provisioningId, wait.delayMs + wait.sweepAfterMs, false);
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
export async function completeStep(
  db: Queryable,
  step: StepKey,
  result: {
    readonly output: Readonly<Record<string, unknown>>;
    readonly warnings?: readonly StepWarning[];
  },
  sweepAfterMs: number,
): Promise<void> {
  const { output, warnings = [] } = result;
  const { rowCount } = await db.query(
    `update ledger.steps
     set status = 'succeeded', ${noWait}, error = null,
         output = output || $4, warnings = $5, finished_at = clock_timestamp()
     where provisioning_id = $1 and direction = $2 and position = $3 and status = 'running'`,
    [...keyOf(step), JSON.stringify(output), JSON.stringify(warnings)],
  );
  expectRunning(rowCount, step);
  await appendEvent(db, step.provisioningId, `${eventPrefix(step)}.succeeded`, {
    step: step.name,
    ...(warnings.length === 0 ? {} : { warnings }),
  });
  await releaseLease(db, step.provisioningId, sweepAfterMs);
}

/** The step cannot succeed. What follows from that is the caller's to write in the same transaction. */
export async function failStep(db: Queryable, step: StepKey, error: StepError): Promise<void> {
  const { rowCount } = await db.query(
    `update ledger.steps
     set status = 'failed', ${noWait}, error = $4,
         finished_at = clock_timestamp()
     where provisioning_id = $1 and direction = $2 and position = $3 and status = 'running'`,
    [...keyOf(step), JSON.stringify(error)],
  );
  expectRunning(rowCount, step);
  await appendEvent(db, step.provisioningId, `${eventPrefix(step)}.failed`, { step: step.name, error });
}

/** Records what is known of the step's part before the step is done. */
export async function mergeOutput(
  db: Queryable,
  step: { readonly provisioningId: string; readonly name: string },
  output: object,
): Promise<void> {
  await db.query(
    `update ledger.steps set output = output || $3
     where provisioning_id = $1 and direction = 'run' and name = $2`,
    [step.provisioningId, step.name, JSON.stringify(output)],
  );
}

/** The output that the run of a step has recorded so far. */
export async function readOutput(db: Queryable, provisioningId: string, name: string): Promise<unknown> {
  const { rows } = await db.query<{ output: unknown }>(
    `select output from ledger.steps where provisioning_id = $1 and direction = 'run' and name = $2`,
    [provisioningId, name],
  );
  return rows[0]?.output;
}

function expectRunning(rowCount: number | null, step: StepKey): void {
  if (rowCount !== 1) throw new Error(`${step.direction} of ${step.name} is not running`);
}

function eventPrefix(step: StepKey): string {
  return step.direction === 'run' ? 'step' : 'undo';
}
