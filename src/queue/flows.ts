/**
 * The job flows: a nested chain, so that steps run strictly one after the other, and a root job that always runs.
 *
 * Jobs hold ids only. What happened, and what follows, is read from the ledger; a flow that got lost is simply built
 * again from there, under a new number and so with fresh job ids.
 */
import type { FlowJob, JobsOptions } from 'bullmq';
import type { Direction } from '../provisioning.ts';

export type QueueKind = 'redis' | 'postgres';

/** The longest that a producer waits for the queue. */
export const producerTimeoutMs = 2000;

export const queueNames = {
  run: 'provisioning',
  undo: 'rollback',
  callbacks: 'callbacks',
  preflight: 'preflight',
} as const;

/** The job of one step, or of its undo. */
export interface StepJobData {
  readonly provisioningId: string;
  readonly flow: number;
  readonly direction: Direction;
  readonly position: number;
  readonly step: string;
}

/** The root job, which runs when the chain below it has ended, whichever way. */
export interface RootJobData {
  readonly provisioningId: string;
  readonly flow: number;
  readonly direction: Direction;
}

export interface CallbackJobData {
  readonly callbackId: string;
}

/** A question to the worker, which has the providers' tokens. Without a client: is everything in order? */
export interface PreflightJobData {
  readonly clientId?: string;
}

/** The facts that a flow is built from. */
export interface FlowPlan {
  readonly provisioningId: string;
  readonly clientId: string;
  readonly flow: number;
  readonly direction: Direction;
  /** The steps that are left to do, in that order. */
  readonly work: readonly { readonly position: number; readonly name: string }[];
  /** How many steps there are in all, for the titles. */
  readonly total: number;
}

export function stepJobId(
  plan: Pick<FlowPlan, 'provisioningId' | 'flow' | 'direction'>,
  position: number,
): string {
  return `${plan.provisioningId}.${plan.flow}.${plan.direction}.${position}`;
}

export function rootJobId(plan: Pick<FlowPlan, 'provisioningId' | 'flow' | 'direction'>): string {
  return `${plan.provisioningId}.${plan.flow}.${plan.direction}.end`;
}

/** Attempts are for the queue's own mishaps, such as a database that is away; a step's attempts are in the ledger. */
const mishaps = {
  attempts: 50,
  backoff: { type: 'exponential', delay: 500, jitter: 0.5, maxDelay: 15_000 },
} as const;

/** How long the dashboard shows jobs that have ended, in seconds, and how many of each queue at the most. */
export type KeptJobs = Readonly<
  Record<'completed' | 'failed', { readonly age: number; readonly count: number }>
>;
export const keptJobs: KeptJobs = {
  completed: { age: 24 * 3600, count: 10_000 },
  failed: { age: 7 * 24 * 3600, count: 10_000 },
};

/** The queue in Redis removes older jobs whenever one ends. In PostgreSQL that costs more than all the rest of a job. */
export function removalOf(kind: QueueKind): Pick<JobsOptions, 'removeOnComplete' | 'removeOnFail'> {
  return kind === 'redis' ? { removeOnComplete: keptJobs.completed, removeOnFail: keptJobs.failed } : {};
}

/** The queue that a flow is built for. */
export interface FlowPlace {
  readonly prefix: string;
  readonly kind: QueueKind;
}

/** Builds the tree of jobs for what is left to do. */
export function buildFlow(plan: FlowPlan, { prefix, kind }: FlowPlace): FlowJob {
  const options = { ...mishaps, ...removalOf(kind) };
  const queueName = queueNames[plan.direction];
  const ids = { provisioningId: plan.provisioningId, flow: plan.flow, direction: plan.direction };
  let chain: FlowJob | undefined;
  for (const [index, { position, name }] of plan.work.entries()) {
    const data: StepJobData = { ...ids, position, step: name };
    chain = {
      name: `${plan.clientId} · ${position}/${plan.total} ${plan.direction === 'undo' ? 'undo ' : ''}${name}`,
      queueName,
      prefix,
      data,
      opts: {
        ...options,
        jobId: stepJobId(plan, position),
        // Later jobs first, so that a backlog finishes clients one by one on either backend.
        priority: Math.max(2, plan.work.length + 1 - index),
        ...whenItFails(plan.direction, index === plan.work.length - 1),
      },
      ...(chain === undefined ? {} : { children: [chain] }),
    };
  }
  const title = plan.direction === 'run' ? 'provisioning' : 'rollback';
  return {
    name: `${plan.clientId} · ${title}`,
    queueName,
    prefix,
    data: ids satisfies RootJobData,
    opts: { ...options, jobId: rootJobId(plan), priority: 1 },
    ...(chain === undefined ? {} : { children: [chain] }),
  };
}

/** A failed step fails those above it, up to the root, which runs all the same. A failed undo stops nothing. */
function whenItFails(direction: Direction, isLast: boolean) {
  if (direction === 'undo') return { ignoreDependencyOnFailure: true };
  return isLast ? { continueParentOnFailure: true } : { failParentOnFailure: true };
}
