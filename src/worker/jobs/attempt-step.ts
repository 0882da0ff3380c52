/** One attempt at a step, or one look of a step that waits: work, then write down what came of it. */
import { performance } from 'node:perf_hooks';
import { passCrashPoint } from '../../crash-points.ts';
import { ConfigurationError, StepFailure } from '../../errors.ts';
import { startDeadline } from '../../http/deadline.ts';
import { isDatabaseAway } from '../../ledger/pool.ts';
import type { NextJob } from '../../ledger/holder.ts';
import type { Snapshot, StepRow, StepWarning } from '../../ledger/rows.ts';
import { postponeStep, type StepKey, type Wait } from '../../ledger/steps.ts';
import { jobDone, jobFailed, jobLater, type JobEnd, type QueueJob } from '../../queue/jobs.ts';
import { endInFailure } from './end-in-failure.ts';
import { measureStep, type AttemptResult } from './measure-step.ts';
import { nextAction } from './next-action.ts';
import { decideOutcome, type Outcome } from './outcome.ts';
import { readProviderText } from './provider-text.ts';
import { parseOutput, stepContext } from './step-context.ts';
import type { StepTask } from './step-task.ts';
import { wakeSender } from '../callbacks/wake-sender.ts';
import { watchStep } from './watch-step.ts';

/** A step that is done sooner is shown as that only. */
const quickMs = 200;

/** A step that takes its worker down each time must come to an end too. */
const maxInterruptions = 100;

interface Attempt {
  /** When it began, by `performance.now()`. */
  readonly startedAt: number;
  /** The fields of a log line about it. */
  readonly facts: Readonly<Record<string, unknown>>;
  /** To be told what came of it, once that is written down. */
  readonly count: (result: AttemptResult) => void;
}

/** Runs or undoes a step once, and writes down what came of it. */
export async function attemptStep(task: StepTask): Promise<JobEnd> {
  const { engine, scope, key, begun, job } = task;
  const { attempts: attempt } = begun;
  const startedAt = performance.now();
  const count = measureStep(engine.metrics, key, begun);
  const running = showAfter(quickMs, job, { step: key.name, status: 'running', attempt });
  const result =
    begun.interruptions > maxInterruptions
      ? {
          error: new StepFailure(
            'internal-error',
            'it was interrupted again and again: the worker log has it',
          ),
        }
      : await watchStep(engine, key, () => perform(task)).finally(() => running.stop());
  const isShown = running.stop();
  const facts = {
    provisioning: key.provisioningId,
    client: scope.client.clientId,
    step: key.name,
    direction: key.direction,
    attempt,
    durationMs: Math.round(performance.now() - startedAt),
  };
  const attemptSoFar = { startedAt, facts, count };
  if ('error' in result) return conclude(task, attemptSoFar, result.error);

  try {
    await handOn(task, result);
  } catch (error) {
    return conclude(task, attemptSoFar, error);
  }
  passCrashPoint('step-recorded');
  count('succeeded');
  engine.log.info(facts, key.direction === 'run' ? 'step succeeded' : 'undo succeeded');
  if (isShown || attempt > 1)
    job.show({
      progress: { step: key.name, status: 'succeeded', attempt },
      line: `attempt ${attempt}: succeeded`,
    });
  return jobDone({ attempts: attempt });
}

/** Records the end of the step, and keeps the claim of the job that follows. */
async function handOn(task: StepTask, result: StepResult): Promise<void> {
  const { engine, scope, key, snapshot, flow } = task;
  const next = jobAfter(snapshot, key);
  const sweepAfterMs = engine.sweepIntervalMs;
  const written = await scope.ledger.complete(result, { as: 'handed-on', sweepAfterMs, next });
  if (written.next === undefined) return;
  const { epoch, at, provisioning, step, begun } = written.next;
  const changed = [written.ended, step].filter((row) => row !== undefined);
  const steps = snapshot.steps
    .map((row) => changed.find((other) => isSameStep(row, other)) ?? row)
    .map((row) =>
      row.direction === 'run' && row.name === key.name ? { ...row, output: written.output } : row,
    );
  engine.handedOn.add(
    { provisioningId: key.provisioningId, flow, ...next },
    {
      provisioningId: key.provisioningId,
      epoch,
      at,
      begun,
      unreturned: 0,
      snapshot: { provisioning, steps },
    },
  );
}

/** The job that follows that of a step, by the steps that were left when it was claimed. */
function jobAfter(snapshot: Snapshot, { direction, position }: StepKey): NextJob {
  const action = nextAction(snapshot);
  const remaining = action.do === 'work' && action.direction === direction ? action.remaining : [];
  const at = remaining.findIndex((step) => step.position === position);
  return { direction, endedPosition: position, position: remaining[at + 1]?.position };
}

function isSameStep(a: StepRow, b: StepRow): boolean {
  return a.direction === b.direction && a.position === b.position;
}

/** Shows progress once that time has passed. What ends sooner nobody would see, and the queue need not store. */
function showAfter(ms: number, job: QueueJob, progress: object) {
  let isShown = false;
  const timer = setTimeout(() => {
    isShown = true;
    job.show({ progress });
  }, ms);
  return {
    /** Tells whether it was shown. */
    stop() {
      clearTimeout(timer);
      return isShown;
    },
  };
}

interface StepResult {
  readonly output: Record<string, unknown>;
  readonly warnings: readonly StepWarning[];
}

async function perform(task: StepTask): Promise<StepResult | { error: unknown }> {
  const { engine, lease, scope, key, snapshot } = task;
  const { step } = scope;
  const warnings: StepWarning[] = [];
  const deadline = startDeadline(undefined, [lease.signal, engine.cutOff]);
  try {
    const connection = engine.connect(step);
    // Not final: a file that one of them names may be out of reach for a moment only.
    if (!connection.isComplete) {
      const names = connection.variables.join(', ');
      throw new ConfigurationError(`the worker lacks the variables of ${step.name}: ${names}`);
    }
    const limits = { timeoutMs: engine.timeoutMs, signal: deadline.signal };
    const context = stepContext(scope, { key, snapshot }, connection.connect(limits), warnings);
    if (key.direction === 'run')
      return { output: parseOutput(step.output, await step.run(context)), warnings };
    const undo = engine.rollbackActions.get(step.name);
    if (undo === undefined) throw new StepFailure('internal-error', `there is no undo of ${step.name}`);
    await undo(context);
    return { output: {}, warnings: [] };
  } catch (error) {
    return { error };
  } finally {
    deadline.end();
  }
}

/** Writes down what follows from an error; or from the one with which the record of a call before it has failed. */
async function conclude(task: StepTask, attempt: Attempt, thrown: unknown): Promise<JobEnd> {
  const { engine, lease, scope, key, begun, job } = task;
  const { facts, count } = attempt;
  const error = await scope.ledger.flush().then(
    () => thrown,
    (problem: unknown) => problem,
  );
  // A call that was cut off says nothing about the step.
  const outcome: Outcome = engine.cutOff.aborted
    ? { is: 'interrupted' }
    : decideOutcome(error, begun, key.direction, engine.patience, Math.random);
  if (outcome.is === 'interrupted') {
    count('interrupted');
    const reason = error instanceof Error ? error.name : 'unknown';
    engine.log.info({ ...facts, reason }, 'the step was left to another worker');
    await lease.release('given-back').catch(() => {});
    // The caller logs that, and waits for the database.
    if (isDatabaseAway(error)) throw error;
    return jobLater(100);
  }
  if (outcome.is === 'postponed') return wait(task, attempt, outcome, error);

  const providerText = await readProviderText(engine, key.provisioningId, error);
  const callbackId = await endInFailure(task, attempt.startedAt, outcome.error, providerText);
  passCrashPoint('outcome-recorded');
  count('failed');
  engine.log.error(
    { ...facts, err: error, code: outcome.error.code, providerText },
    'the step failed for good',
  );
  const { code } = outcome.error;
  job.show({
    progress: { step: key.name, status: 'failed', attempt: begun.attempts, code },
    line: `attempt ${begun.attempts}: failed for good, ${code}`,
  });
  await wakeSender(engine, callbackId);
  // Step and code only: the queue stores it, and the dashboard shows it.
  return jobFailed(`${key.name}: ${code}`);
}

async function wait(
  { engine, scope, key, begun, job }: StepTask,
  { facts, count }: Attempt,
  outcome: Extract<Outcome, { is: 'postponed' }>,
  error: unknown,
): Promise<JobEnd> {
  const { waitingFor, delayMs } = outcome;
  const sweepAfterMs = delayMs + engine.sweepIntervalMs;
  await scope.ledger.end(
    { parts: [postponeStep(key, begun.wait, outcome)] },
    { as: 'given-back', sweepAfterMs },
  );
  count(waitingFor === undefined ? 'retried' : 'waiting');
  const attempt = begun.attempts;
  if (waitingFor === undefined) {
    const providerText = await readProviderText(engine, key.provisioningId, error);
    engine.log.warn({ ...facts, err: error, delayMs, providerText }, 'an attempt failed');
    const code = outcome.error?.code ?? 'internal-error';
    job.show({
      progress: { step: key.name, status: 'waiting', attempt, code },
      line: `attempt ${attempt}: ${code}, again in ${delayMs} ms`,
    });
  } else {
    const isNew = waitingFor !== begun.wait?.waitingFor;
    // Somebody may have to act: once per wait it is worth a line that is kept.
    const level = outcome.isAway && isNew ? 'warn' : 'debug';
    engine.log[level]({ ...facts, waitingFor, delayMs, endsInMs: outcome.endsInMs }, 'the step waits');
    job.show({
      progress: { step: key.name, status: 'waiting', attempt, waitingFor },
      // One line per wait, not per look.
      ...(isNew ? { line: `attempt ${attempt}: waiting for ${waitingFor}${limitOf(outcome)}` } : {}),
    });
  }
  return jobLater(delayMs);
}

function limitOf({ endsInMs }: Wait): string {
  return endsInMs === undefined ? '' : `, for ${Math.round(endsInMs / 1000)} s at the longest`;
}
