/** Ends or pauses a provisioning whose step has failed for good, in one statement with its callback. */
import { performance } from 'node:perf_hooks';
import { callbackOf } from '../../api/report.ts';
import { insertCallback } from '../../ledger/callbacks.ts';
import { planRollback } from '../../ledger/endings.ts';
import { releaseLease } from '../../ledger/holder.ts';
import { applyParts } from '../../ledger/parts.ts';
import { failResources } from '../../ledger/resources.ts';
import type { Snapshot, StepError } from '../../ledger/rows.ts';
import { failStep } from '../../ledger/steps.ts';
import type { Failure } from '../../provisioning.ts';
import type { StepTask } from './step-task.ts';

/**
 * Ends the provisioning, or pauses it; a failed undo lists what it could not delete. `startedAt`: when the attempt began, by
 * `performance.now()`. Returns the id of the callback, if one is to be sent.
 */
export async function endInFailure(
  task: StepTask,
  startedAt: number,
  error: StepError,
  providerText: string | undefined,
): Promise<string | undefined> {
  const { engine, scope, key, at, snapshot } = task;
  const { provisioningId } = key;
  const { ledger } = scope;
  const sweepAfterMs = engine.sweepIntervalMs;
  if (key.direction === 'undo') {
    await ledger.endInTransaction(async (db) => {
      await applyParts(db, provisioningId, [failStep(key, error)]);
      await failResources(db, provisioningId, key.name, error.message);
      await releaseLease(db, provisioningId, sweepAfterMs);
    });
    return undefined;
  }
  const as = snapshot.provisioning.on_failure === 'pause' ? 'paused' : 'failed';
  const failedAt = new Date(at.getTime() + performance.now() - startedAt);
  const failure = { step: key.name, ...error, at: failedAt.toISOString() };
  const callback = callbackOf(await withFailure(task, { as, failure }), engine, `provisioning.${as}`);
  const { at: _, ...told } = failure;
  await ledger.end(
    {
      parts: [failStep(key, error), ...(as === 'failed' ? planRollback(provisioningId) : [])],
      events: [{ type: `provisioning.${as}`, data: told }],
    },
    {
      as,
      failure: { ...failure, providerText },
      sweepAfterMs,
      callback: callback && insertCallback(callback),
    },
  );
  return callback?.id;
}

/** The provisioning as it is once that is written. */
async function withFailure(
  { scope, key, snapshot }: StepTask,
  { as, failure }: { readonly as: 'failed' | 'paused'; readonly failure: Failure },
): Promise<Snapshot> {
  const output = await scope.ledger.readOutput();
  const rollbackStatus = as === 'failed' ? 'pending' : 'none';
  return {
    provisioning: { ...snapshot.provisioning, status: as, rollback_status: rollbackStatus, failure },
    steps: snapshot.steps.map((step) =>
      step.direction === 'run' && step.name === key.name ? { ...step, output } : step,
    ),
  };
}
