/** A provisioning as callers see it: one function from the ledger's rows to the JSON of the API and the callbacks. */
import type { FullSnapshot } from '../ledger/provisionings.ts';
import type { Snapshot, StepRow } from '../ledger/rows.ts';
import { isDone, needsAttention } from '../provisioning.ts';
import type { Step } from '../steps/step.ts';
import { whatToDo } from './what-to-do.ts';

export interface Links {
  readonly self: string;
  readonly events: string;
  readonly dashboard: string;
}

export function linksOf(publicUrl: string, id: string): Links {
  const base = publicUrl.replace(/\/+$/, '');
  return {
    self: `${base}/api/provisioning/${id}`,
    events: `${base}/api/provisioning/${id}/events`,
    dashboard: `${base}/admin/queues`,
  };
}

/** What is known of the stack so far: of each step's output the fields that it shows. */
export function resultOf(snapshot: Snapshot, steps: readonly Step[]): Record<string, string> {
  const result: Record<string, string> = {};
  for (const step of steps) {
    const row = snapshot.steps.find(({ direction, name }) => direction === 'run' && name === step.name);
    for (const field of step.result) {
      const value = row?.output[field];
      if (typeof value === 'string') result[field] = value;
    }
  }
  return result;
}

/** What succeeded and will still trouble somebody, as long as it is there. */
export function warningsOf({ provisioning, steps }: Snapshot) {
  if (provisioning.rollback_status === 'completed') return [];
  return steps.flatMap(({ name, warnings }) =>
    warnings.map(({ code, message }) => ({ step: name, code, message })),
  );
}

/** The JSON of `GET /api/provisioning/{id}`. */
export function presentProvisioning(snapshot: FullSnapshot, steps: readonly Step[], publicUrl: string) {
  const { provisioning, resources } = snapshot;
  const { status, rollback_status: rollback } = provisioning;
  return {
    id: provisioning.id,
    clientId: provisioning.client_id,
    clientName: provisioning.client_name,
    orgEmail: provisioning.org_email,
    tier: provisioning.tier,
    onFailure: provisioning.on_failure,
    status,
    rollback: { status: rollback },
    done: isDone(status, rollback),
    needsAttention: needsAttention(status, rollback),
    steps: snapshot.steps
      .filter(({ direction }) => direction === 'run')
      .map((step) => presentStep(step, undoOf(snapshot, step))),
    resources: resources.map((resource) => ({
      id: resource.id,
      kind: resource.kind,
      externalId: resource.external_id ?? null,
      name: resource.name,
      url: resource.url ?? null,
      origin: resource.origin,
      state: resource.state,
      ...(resource.error === undefined ? {} : { error: resource.error }),
      ...todo(whatToDo(resource, rollback === 'incomplete')),
    })),
    result: resultOf(snapshot, steps),
    failure: provisioning.failure ?? null,
    warnings: warningsOf(snapshot),
    createdAt: provisioning.created_at.toISOString(),
    updatedAt: provisioning.updated_at.toISOString(),
    finishedAt: isDone(status, rollback) ? (provisioning.finished_at?.toISOString() ?? null) : null,
    links: linksOf(publicUrl, provisioning.id),
  };
}

function todo(advice: string | undefined) {
  return advice === undefined ? {} : { whatToDo: advice };
}

function undoOf(snapshot: Snapshot, step: StepRow): StepRow | undefined {
  return snapshot.steps.find(({ direction, position }) => direction === 'undo' && position === step.position);
}

function presentStep(step: StepRow, undo: StepRow | undefined) {
  return {
    name: step.name,
    status: presentStatus(step, undo),
    attempts: step.attempts,
    startedAt: step.started_at?.toISOString() ?? null,
    finishedAt: step.finished_at?.toISOString() ?? null,
    waitingFor: waitingFor(undo ?? step) ?? null,
    error: step.error ?? undo?.error ?? null,
  };
}

/** What is undone has ended, whatever it was waiting for. */
function waitingFor(row: StepRow): string | undefined {
  return row.status === 'waiting' || row.status === 'running' ? row.waiting_for : undefined;
}

/** A step that had succeeded is shown by its undo once that has ended; one that failed stays so. */
function presentStatus(step: StepRow, undo: StepRow | undefined): string {
  if (step.status === 'failed' || step.status === 'skipped' || undo === undefined) return step.status;
  if (undo.status === 'succeeded') return 'undone';
  return undo.status === 'failed' ? 'undo-failed' : step.status;
}
