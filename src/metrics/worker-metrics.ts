/** Metrics of a worker process since it started. No label names a client, a provisioning or a host. */
import { Counter, Histogram, Registry } from 'prom-client';
import { addProcessMetrics, prefix } from './process-metrics.ts';

/** From a call that is answered at once to one that runs into its time-out, in s. */
const callBuckets = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
/** From a repository to a database that boots for ten minutes, in s. */
const stepBuckets = [0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800];

export type WorkerMetrics = ReturnType<typeof createWorkerMetrics>;

export function createWorkerMetrics() {
  const registry = new Registry();
  const registers = [registry];
  addProcessMetrics(registry);
  return {
    registry,
    claims: new Counter({
      name: `${prefix}claims_total`,
      help: 'Claims of a provisioning that a job has asked for, by what came of it.',
      labelNames: ['result'],
      registers,
    }),
    leasesLost: new Counter({
      name: `${prefix}leases_lost_total`,
      help: 'Leases that this worker lost while it worked: taken by another, run out, or its session ended.',
      labelNames: ['reason'],
      registers,
    }),
    staleWritesRefused: new Counter({
      name: `${prefix}stale_writes_refused_total`,
      help: 'Writes that the ledger refused because the lease was no longer this worker’s.',
      registers,
    }),
    leasesRevoked: new Counter({
      name: `${prefix}leases_revoked_total`,
      help: 'Leases of dead workers that this worker ended.',
      registers,
    }),
    sweeps: new Counter({
      name: `${prefix}sweeps_total`,
      help: 'Looks for lost work.',
      labelNames: ['outcome'],
      registers,
    }),
    workDrivenOn: new Counter({
      name: `${prefix}work_driven_on_total`,
      help: 'Provisionings that no job drove any more and that a sweep has put into the queue again.',
      registers,
    }),
    stepAttempts: new Counter({
      name: `${prefix}step_attempts_total`,
      help: 'Times that a worker has worked on a step, by what came of it.',
      labelNames: ['step', 'direction', 'outcome'],
      registers,
    }),
    stepDuration: new Histogram({
      name: `${prefix}step_duration_seconds`,
      help: 'From the first beginning of a step, or of its undo, to its end, with all waits.',
      labelNames: ['step', 'direction', 'outcome'],
      buckets: stepBuckets,
      registers,
    }),
    providerRequestDuration: new Histogram({
      name: `${prefix}provider_request_duration_seconds`,
      help: 'Requests to providers that steps have made, by class of status; none: no answer.',
      labelNames: ['provider', 'operation', 'status'],
      buckets: callBuckets,
      registers,
    }),
    providerRequestErrors: new Counter({
      name: `${prefix}provider_request_errors_total`,
      help: 'Requests to providers that were refused, or not answered, by status or reason.',
      labelNames: ['provider', 'operation', 'code'],
      registers,
    }),
    callbackAttemptDuration: new Histogram({
      name: `${prefix}callback_attempt_duration_seconds`,
      help: 'Attempts at a callback, by what came of it.',
      labelNames: ['outcome'],
      buckets: callBuckets,
      registers,
    }),
  };
}
