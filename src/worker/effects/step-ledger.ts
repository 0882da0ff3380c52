/**
 * The step under way as the ledger has it, and every write about it.
 *
 * The holder of the lease is the only one who writes that. So it is read once, with the claim, and kept up to date here.
 */
import { passCrashPoint, type CrashFacts } from '../../crash-points.ts';
import type { BegunStep } from '../../ledger/claims.ts';
import type { HolderWrite, LeaseEnd, Written } from '../../ledger/holder.ts';
import { measureCallAge } from '../../ledger/effects.ts';
import { readPartOfStep } from '../../ledger/part-of-step.ts';
import type { Part } from '../../ledger/parts.ts';
import type { Pool, Queryable } from '../../ledger/pool.ts';
import {
  effectRow,
  resourceRow,
  stepRow,
  type EffectRow,
  type PartOfStep,
  type ResourceRow,
  type StepRow,
} from '../../ledger/rows.ts';
import { completeStep, mergeOutput, type StepKey } from '../../ledger/steps.ts';
import type { Lease } from '../claim/lease.ts';

type Verb = NonNullable<CrashFacts['verb']>;
type Output = Readonly<Record<string, unknown>>;

/** The result of a call, as it is written down. */
export interface CallRecord {
  /** Undefined: more is to be recorded of the same call. */
  readonly verb?: Verb;
  readonly parts: readonly Part[];
  /** The output that it adds to the step's. */
  readonly output?: object;
}

/** A step that is done, and what was handed on to the job that follows. */
export interface Completed extends Pick<Written, 'next'> {
  readonly ended: StepRow;
  /** What its run has put out: an undo may have found more of it. */
  readonly output: Output;
}

export interface StepLedger {
  /** The part as it is without a record that is still to be written, which is not waited for. */
  known(): Pick<PartOfStep, 'effects' | 'resources'>;
  /** Undefined: no call of that name was ever intended. */
  findEffect(name: string): Promise<EffectRow | undefined>;
  /** The resources that this step has made, newest first. */
  listCreated(kind: string): Promise<readonly ResourceRow[]>;
  /** The output that the run of the step has recorded so far. */
  readOutput(): Promise<Output>;
  /** The least age of the newest call of the effect of that id, in ms: its age at the claim. */
  callAgeMs(effectId: string): Promise<number>;
  /** Parts in one statement. */
  write(parts: readonly Part[]): Promise<void>;
  /** Commits the intent of a call, where it may still begin: the lease lasts for at least `leaseMs` from then on. */
  intend(verb: Verb, parts: readonly Part[], leaseMs: number): Promise<void>;
  /**
   * Records what came of a call: at once, or together with the end of the step where nothing lies between. An error of
   * that comes out of whatever is asked next.
   */
  record(record: CallRecord): void;
  /** Waits until everything is recorded. */
  flush(): Promise<void>;
  /** For what parts cannot say. Whatever it changes is read again. */
  transact<T>(work: (db: Queryable) => Promise<T>): Promise<T>;
  /** The step is done: its output and warnings are recorded, with whatever is still to be recorded. */
  complete(
    result: Pick<Parameters<typeof completeStep>[1], 'output' | 'warnings'>,
    ending: LeaseEnd,
  ): Promise<Completed>;
  /** Ends this attempt otherwise. */
  end(written: Pick<HolderWrite, 'parts' | 'events'>, ending: LeaseEnd): Promise<void>;
  /** The same for what parts cannot say. */
  endInTransaction<T>(work: (db: Queryable) => Promise<T>): Promise<T>;
}

/** `claimed`: when, by the database's clock. */
export function openStepLedger(
  pool: Pool,
  lease: Lease,
  key: StepKey,
  claimed: { readonly at: Date; readonly begun: BegunStep },
): StepLedger {
  let known = claimed.begun.part;
  let pending: CallRecord | undefined;
  let recorded: Promise<void> = Promise.resolve();

  function learn(parts: readonly Part[], rows: readonly unknown[]): void {
    let { effects, resources } = known;
    for (const [index, { returns }] of parts.entries())
      if (returns === 'effect') effects = replace(effects, effectRow.parse(rows[index]));
      else if (returns === 'resource') resources = replace(resources, resourceRow.parse(rows[index]));
    known = { ...known, effects, resources };
  }

  async function write(parts: readonly Part[], more: Omit<HolderWrite, 'parts'> = {}, onSent?: () => void) {
    learn(parts, (await lease.write({ ...more, parts }, onSent)).rows);
  }

  async function send(record: CallRecord): Promise<void> {
    const { parts, output } = record;
    const merged = output === undefined ? [] : [mergeOutput(key, output)];
    await write([...parts, ...merged], {}, () => announce('record-sent', record));
    known = { ...known, output: { ...known.output, ...output } };
    announce('recorded', record);
  }

  /** Sends what is still to be recorded. Whoever asks next is told how that ended. */
  function sendPending(): void {
    const record = pending;
    pending = undefined;
    if (record === undefined) return;
    recorded = recorded.then(() => send(record));
    recorded.catch(() => {});
  }

  /** Waits until everything is recorded. An error is told once: then the end of the attempt can be written. */
  async function flush(): Promise<void> {
    sendPending();
    const asked = recorded;
    try {
      await asked;
    } catch (error) {
      if (recorded === asked) recorded = Promise.resolve();
      throw error;
    }
  }

  async function reload(): Promise<void> {
    known = await readPartOfStep(pool, key.provisioningId, key.name);
  }

  return {
    known: () => known,
    async findEffect(name) {
      await flush();
      return known.effects.find((effect) => effect.name === name);
    },
    async listCreated(kind) {
      await flush();
      return known.resources.filter((resource) => resource.kind === kind);
    },
    async readOutput() {
      await flush();
      return known.output;
    },
    async callAgeMs(effectId) {
      const effect = known.effects.find(({ id }) => id === effectId);
      // An operator has taken its object off the list.
      if (effect === undefined) return measureCallAge(pool, effectId);
      return effect.called_at === undefined ? Infinity : claimed.at.getTime() - effect.called_at.getTime();
    },
    async write(parts) {
      await flush();
      await write(parts);
    },
    async intend(verb, parts, leaseMs) {
      await flush();
      await write(parts, { isGate: true, leaseMs }, () => passCrashPoint('intent-sent', { verb }));
    },
    record(record) {
      sendPending();
      pending = record;
      // By then the step has ended, or it does something else first.
      setImmediate(sendPending);
    },
    flush,
    async transact(work) {
      await flush();
      const result = await lease.transact(work);
      await reload();
      return result;
    },
    async complete(result, ending) {
      const last = pending;
      pending = undefined;
      await flush();
      // Both are of one row, which one statement can change only once.
      const isOfRun = key.direction === 'run';
      const output = isOfRun ? { ...last?.output, ...result.output } : result.output;
      const merged = isOfRun || last?.output === undefined ? [] : [mergeOutput(key, last.output)];
      const parts = [...(last?.parts ?? []), ...merged, completeStep(key, { ...result, output })];
      const { rows, next } = await lease.write({ parts, ending }, () => announce('record-sent', last));
      announce('recorded', last);
      return {
        ended: stepRow.parse(rows.at(-1)),
        output: { ...known.output, ...last?.output, ...(isOfRun ? output : {}) },
        next,
      };
    },
    async end(written, ending) {
      await flush();
      await lease.write({ ...written, ending });
    },
    async endInTransaction(work) {
      await flush();
      return lease.transact(work);
    },
  };
}

function announce(point: 'record-sent' | 'recorded', record: CallRecord | undefined): void {
  if (record?.verb !== undefined) passCrashPoint(point, { verb: record.verb });
}

/** The newest comes first. */
function replace<Row extends { readonly id: string }>(rows: readonly Row[], row: Row): Row[] {
  const index = rows.findIndex(({ id }) => id === row.id);
  return index === -1 ? [row, ...rows] : rows.with(index, row);
}
