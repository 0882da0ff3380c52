/** One job of one step, or of its undo: claim, work, write down what came of it. */
import { performance } from 'node:perf_hooks';
import { UnrecoverableError, type Job } from 'bullmq';
import { z } from 'zod';
import { claimProvisioning } from '../ledger/claims.ts';
import { failProvisioning, pauseProvisioning } from '../ledger/endings.ts';
import { failResources } from '../ledger/resources.ts';
import type { StepError } from '../ledger/rows.ts';
import { beginStep, completeStep, failStep, postponeStep, type StepKey, type StepProgress } from '../ledger/steps.ts';
import type { StepJobData } from '../queue/flows.ts';
import type { Step } from '../steps/step.ts';
import { StepFailure } from '../errors.ts';
import type { Engine } from './engine.ts';
import { holdLease, type Lease } from './lease.ts';
import { nextAction } from './next-action.ts';
import { decideOutcome } from './outcome.ts';
import { postpone } from './postpone.ts';
import { report, wakeSender } from './report.ts';
import type { Session } from './session.ts';
import { parseOutput, stepContext } from './step-context.ts';

export const stepJobData = z.object({
  provisioningId: z.uuid(),
  flow: z.number(),
  direction: z.enum(['run', 'undo']),
  position: z.number(),
  step: z.string(),
}) satisfies z.ZodType<StepJobData>;

export async function workStep(engine: Engine, job: Job, token: string | undefined): Promise<unknown> {
  const data = stepJobData.parse(job.data);
  const claimedAt = performance.now();
  const result = await claimProvisioning(engine.pool, {
    provisioningId: data.provisioningId,
    flow: data.flow,
    leaseMs: engine.leaseMs,
    holder: engine.holder,
    graceMs: engine.sweepIntervalMs,
  });
  if (result.is === 'superseded') return { superseded: true };
  if (result.is === 'busy') return postpone(job, token, result.retryInMs);

  const lease = holdLease(engine.pool, result.claim, claimedAt, {
    leaseMs: engine.leaseMs,
    graceMs: engine.sweepIntervalMs,
  });
  try {
    const { provisioning } = result.claim.snapshot;
    const action = nextAction(result.claim.snapshot);
    const isOurTurn =
      action.do === 'work' && action.direction === data.direction && action.remaining[0]?.position === data.position;
    if (!isOurTurn) {
      await lease.release(engine.sweepIntervalMs);
      const isDone =
        action.do !== 'work' ||
        action.direction !== data.direction ||
        !action.remaining.some(({ position }) => position === data.position);
      if (isDone) return { done: true };
      throw new UnrecoverableError('an earlier step is not done: the root job builds the flow again');
    }
    const step = engine.findStep(data.step);
    if (step === undefined) {
      engine.log.warn({ step: data.step }, 'this version of the program does not know a step: another worker must');
      await lease.release(engine.sweepIntervalMs * 2);
      return await postpone(job, token, engine.sweepIntervalMs);
    }
    const client = {
      id: provisioning.id,
      clientId: provisioning.client_id,
      clientName: provisioning.client_name,
      orgEmail: provisioning.org_email,
      tier: provisioning.tier,
    };
    const session: Session = {
      pool: engine.pool,
      lease,
      client,
      step,
      encryptionKeys: engine.encryptionKeys,
      limits: {
        timeoutMs: engine.timeoutMs,
        settleMs: engine.settleMs,
        maxCalls: engine.patience.maxAttempts,
        leaseMs: engine.leaseMs,
        mayBegin: engine.mayBegin,
      },
    };
    const key: StepKey = {
      provisioningId: provisioning.id,
      direction: data.direction,
      position: data.position,
      name: data.step,
    };
    return await attempt(engine, session, key, provisioning.on_failure, job, token);
  } finally {
    lease.stop();
  }
}

async function attempt(
  engine: Engine,
  session: Session,
  key: StepKey,
  onFailure: 'rollback' | 'pause',
  job: Job,
  token: string | undefined,
): Promise<unknown> {
  const { lease, step } = session;
  const startedAt = performance.now();
  const progress = await lease.write((db) => beginStep(db, key));
  await show(job, { step: key.name, status: 'running', attempt: progress.attempts });
  const facts = () => ({
    provisioning: key.provisioningId,
    client: session.client.clientId,
    step: key.name,
    direction: key.direction,
    attempt: progress.attempts,
    durationMs: Math.round(performance.now() - startedAt),
  });

  let output: Record<string, unknown>;
  try {
    output = await perform(engine, session, key, step);
  } catch (error) {
    return conclude(engine, session, { key, progress, error, facts, onFailure, job, token });
  }
  await lease.write((db) => completeStep(db, key, output, engine.sweepIntervalMs));
  engine.log.info(facts(), `${key.direction === 'run' ? 'step' : 'undo'} succeeded`);
  await show(job, { step: key.name, status: 'succeeded', attempt: progress.attempts });
  await note(job, `attempt ${progress.attempts}: succeeded`);
  return { attempts: progress.attempts };
}

async function perform(engine: Engine, session: Session, key: StepKey, step: Step): Promise<Record<string, unknown>> {
  const environment = step.environment.safeParse(engine.environment);
  if (!environment.success)
    throw new StepFailure('internal-error', `the worker lacks the variables of ${step.name}`);
  const providers = step.connect(environment.data, { timeoutMs: engine.timeoutMs, signal: session.lease.signal });
  const context = stepContext(session, providers);
  if (key.direction === 'run') return parseOutput(step.output, await step.run(context));
  await step.undo(context);
  return {};
}

interface Trouble {
  readonly key: StepKey;
  readonly progress: StepProgress;
  readonly error: unknown;
  readonly facts: () => Record<string, unknown>;
  readonly onFailure: 'rollback' | 'pause';
  readonly job: Job;
  readonly token: string | undefined;
}

/** Writes down what follows from an error, and tells the queue. */
async function conclude(engine: Engine, session: Session, trouble: Trouble): Promise<unknown> {
  const { key, progress, error, facts, job, token } = trouble;
  const { lease } = session;
  const outcome = decideOutcome(error, progress, key.direction, engine.patience, Math.random);

  if (outcome.is === 'interrupted') {
    engine.log.info({ ...facts(), reason: errorName(error) }, 'the step was left to another worker');
    await lease.release(0).catch(() => {});
    return postpone(job, token, 100);
  }
  if (outcome.is === 'postponed') {
    await lease.write((db) => postponeStep(db, key, { ...outcome, sweepAfterMs: engine.sweepIntervalMs }));
    const { waitingFor } = outcome;
    if (waitingFor === undefined) engine.log.warn({ ...facts(), err: error, delayMs: outcome.delayMs }, 'an attempt failed');
    else engine.log.debug({ ...facts(), waitingFor, delayMs: outcome.delayMs }, 'the step waits');
    await show(job, {
      step: key.name,
      status: 'waiting',
      attempt: progress.attempts,
      ...(waitingFor === undefined ? {} : { waitingFor }),
    });
    if (waitingFor === undefined || waitingFor !== progress.wait?.waitingFor)
      await note(
        job,
        `attempt ${progress.attempts}: ` +
          (waitingFor === undefined
            ? `${outcome.error?.code ?? 'error'}, again in ${outcome.delayMs} ms`
            : `waiting for ${waitingFor}`),
      );
    return postpone(job, token, outcome.delayMs);
  }
  const callbackId = await lease.write((db) => fail(engine, db, trouble, outcome.error));
  engine.log.error({ ...facts(), err: error, code: outcome.error.code }, 'the step failed for good');
  await show(job, { step: key.name, status: 'failed', attempt: progress.attempts, code: outcome.error.code });
  await note(job, `attempt ${progress.attempts}: failed for good, ${outcome.error.code}`);
  await wakeSender(engine, callbackId);
  // Code and step only: what is thrown here is stored in the queue and shown on the dashboard.
  throw new UnrecoverableError(`${key.name}: ${outcome.error.code}`);
}

/** A step that failed for good ends the provisioning, or pauses it; an undo that did leaves what it could not delete. */
async function fail(
  engine: Engine,
  db: Parameters<typeof failStep>[0],
  { key, onFailure }: Trouble,
  error: StepError,
): Promise<string | undefined> {
  await failStep(db, key, error);
  if (key.direction === 'undo') {
    await failResources(db, key.provisioningId, key.name, error.message);
    return undefined;
  }
  const failure = { step: key.name, ...error };
  if (onFailure === 'pause') {
    await pauseProvisioning(db, key.provisioningId, failure);
    return report(engine, db, key.provisioningId, 'provisioning.paused');
  }
  await failProvisioning(db, key.provisioningId, failure, engine.sweepIntervalMs);
  return report(engine, db, key.provisioningId, 'provisioning.failed');
}

/** Progress and log lines are for people; a queue that does not take them does not matter. */
async function show(job: Job, progress: Record<string, unknown>): Promise<void> {
  await job.updateProgress(progress).catch(() => {});
}

async function note(job: Job, line: string): Promise<void> {
  await job.log(line).catch(() => {});
}

function errorName(error: unknown): string {
  return error instanceof Error ? error.name : 'unknown';
}

export type { Lease };
