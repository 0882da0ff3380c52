/** A provisioning as callers see it: one function from the ledger's rows to the JSON of the API and the callbacks. */
import type { ListedCallback, ShownCallback } from '../ledger/callbacks.ts';
import type { EventRow } from '../ledger/events.ts';
import type { OrphanReport } from '../ledger/orphans.ts';
import type { FullSnapshot } from '../ledger/provisionings.ts';
import type { Snapshot, StepRow } from '../ledger/rows.ts';
import { clientStateOf, isDone, needsAttention, type Failure } from '../provisioning.ts';
import type { Step } from '../steps/step.ts';
import type { TimelineRow } from './timeline.ts';
import { allowedActions } from './allowed-actions.ts';
import { whatIsToBeDone, whatToDo, whatToDoAbout } from './what-to-do.ts';

export interface Links {
  readonly self: string;
  readonly events: string;
  readonly dashboard: string;
}

export function linksOf(publicUrl: string, id: string, clientId: string): Links {
  const base = publicUrl.replace(/\/+$/, '');
  return {
    self: `${base}/api/provisioning/${id}`,
    events: `${base}/api/provisioning/${id}/events`,
    dashboard: `${base}/clients/${clientId}?run=${id}`,
  };
}

/** The result so far: of each step's output the fields that it shows. What is gone is not named any more. */
export function resultOf(snapshot: Snapshot, steps: readonly Step[]): Record<string, string> {
  const result: Record<string, string> = {};
  if (snapshot.provisioning.rollback_status === 'completed') return result;
  for (const step of steps) {
    const row = snapshot.steps.find(({ direction, name }) => direction === 'run' && name === step.name);
    if (row !== undefined && undoOf(snapshot, row)?.status === 'succeeded') continue;
    for (const field of step.result) {
      const value = row?.output[field];
      if (typeof value === 'string') result[field] = value;
    }
  }
  return result;
}

/** Warnings of the steps, as long as their work is there. */
export function warningsOf({ provisioning, steps }: Snapshot) {
  if (provisioning.rollback_status === 'completed') return [];
  return steps.flatMap(({ name, warnings }) =>
    warnings.map(({ code, message }) => ({ step: name, code, message })),
  );
}

type ShownFailure = Failure & { readonly whatToDo: string };

/** Why it failed, and what to do about that. */
export function presentFailure({ provisioning }: Snapshot): ShownFailure | null {
  const { failure, status, rollback_status: rollback } = provisioning;
  if (failure === undefined) return null;
  return { ...failure, whatToDo: whatToDoAbout(failure, status, rollback) };
}

/** The JSON of `GET /api/provisioning/{id}`. `showsProviderText`: to whoever may read what a provider has said. */
export function presentProvisioning(
  snapshot: FullSnapshot,
  steps: readonly Step[],
  publicUrl: string,
  { showsProviderText = false }: { readonly showsProviderText?: boolean } = {},
) {
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
    state: clientStateOf(status, rollback),
    allowedActions: allowedActions(provisioning, resources).map(({ roles, ...action }) => ({
      ...action,
      roles: [...roles],
    })),
    whatToDo: whatIsToBeDone(snapshot) ?? null,
    steps: snapshot.steps
      .filter(({ direction }) => direction === 'run')
      .map((step) => presentStep(step, undoOf(snapshot, step))),
    resources: resources.map((resource) => ({
      id: resource.id,
      step: resource.step,
      kind: resource.kind,
      externalId: resource.external_id ?? null,
      name: resource.name,
      url: resource.url ?? null,
      origin: resource.origin,
      state: resource.state,
      // The ledger says that only of what was looked for and not found.
      goneAt: resource.state === 'deleted' ? resource.updated_at.toISOString() : null,
      ...(resource.error === undefined ? {} : { error: resource.error }),
      ...todo(
        whatToDo(
          resource,
          {
            isIncomplete: rollback === 'incomplete',
            isNameTaken: provisioning.failure?.code === 'name-taken',
          },
          undoErrorOf(snapshot, resource.step),
        ),
      ),
    })),
    result: resultOf(snapshot, steps),
    failure: withProviderText(
      presentFailure(snapshot),
      showsProviderText ? provisioning.failure_provider_text : undefined,
    ),
    warnings: warningsOf(snapshot),
    createdAt: provisioning.created_at.toISOString(),
    updatedAt: provisioning.updated_at.toISOString(),
    finishedAt: isDone(status, rollback) ? (provisioning.finished_at?.toISOString() ?? null) : null,
    links: linksOf(publicUrl, provisioning.id, provisioning.client_id),
  };
}

function withProviderText(failure: ShownFailure | null, providerText: string | undefined) {
  return failure === null || providerText === undefined ? failure : { ...failure, providerText };
}

function undoErrorOf(snapshot: Snapshot, step: string) {
  return snapshot.steps.find(({ direction, name }) => direction === 'undo' && name === step)?.error;
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
    waiting: presentWait(undo ?? step),
    error: step.error ?? undo?.error ?? null,
  };
}

/** An undone step has ended, whatever it was waiting for. */
function waitingFor(row: StepRow): string | undefined {
  return row.status === 'waiting' || row.status === 'running' ? row.waiting_for : undefined;
}

/** The wait of a step: `until` is null for one that ends by itself. */
function presentWait(row: StepRow) {
  const { wait_began: began, due_at: due, wait_until: until } = row;
  if ((row.status !== 'waiting' && row.status !== 'running') || began === undefined) return null;
  // A look that is under way belongs to the wait; a new attempt does not.
  if (row.status === 'running' && row.waiting_for === undefined) return null;
  return {
    for: row.waiting_for ?? 'the next attempt',
    since: began.toISOString(),
    until: until?.toISOString() ?? null,
    nextLookAt: due?.toISOString() ?? null,
  };
}

/** A step that had succeeded is shown by its undo once that has ended; one that failed stays so. */
function presentStatus(step: StepRow, undo: StepRow | undefined): string {
  if (step.status === 'failed' || step.status === 'skipped' || undo === undefined) return step.status;
  if (undo.status === 'succeeded') return 'undone';
  return undo.status === 'failed' ? 'undo-failed' : step.status;
}

/** The JSON of `GET /api/provisioning/{id}/timeline`. */
export function presentTimeline(rows: readonly TimelineRow[]) {
  return {
    items: rows.map(({ entries, ...row }) => ({
      ...row,
      entries: entries.map(({ kind, attempt, for: waitsFor, begin, end, endedAs, error }) => ({
        kind,
        attempt: attempt ?? null,
        for: waitsFor ?? null,
        begin: begin.toISOString(),
        end: end?.toISOString() ?? null,
        endedAs: endedAs ?? null,
        error: error ?? null,
      })),
    })),
  };
}

/** An event of a provisioning's history as callers see it. */
export function presentEvent({ sequence, type, at, data }: EventRow) {
  return { sequence, type, at: at.toISOString(), data };
}

/** The JSON of `GET /api/orphans`, and of `npm run orphans -- --json`. */
export function presentOrphans({ checkedAt, items, errors }: OrphanReport) {
  return { checkedAt: checkedAt?.toISOString() ?? null, items, errors };
}

/** A callback as callers see it. Its body is what was sent, and holds no secret. */
export function presentCallback(row: ShownCallback) {
  return {
    id: row.id,
    sequence: row.sequence,
    type: row.type,
    state: row.state,
    attempts: row.recent,
    attemptCount: row.attempts,
    createdAt: row.created_at.toISOString(),
    deliveredAt: row.delivered_at?.toISOString() ?? null,
    nextAttemptAt: row.state === 'pending' ? row.due_at.toISOString() : null,
  };
}

/** The same in the list of all clients'. */
export function presentListedCallback(row: ListedCallback) {
  const { provisioning_id: provisioningId, client_id: clientId, client_name: clientName } = row;
  return { ...presentCallback(row), provisioningId, clientId, clientName };
}
