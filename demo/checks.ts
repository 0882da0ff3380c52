/** Whether the sample ended as it should. Pure: from the evidence to a list of what is wrong. */
import type { JournalEntry } from '../sandbox/journal.ts';
import type { Evidence } from './evidence.ts';

const resourceKinds = ['supabase.project', 'github.repository', 'vercel.project', 'n8n.workflow'] as const;

export const callbacksOfSuccess = ['provisioning.succeeded'];
export const callbacksOfRollback = ['provisioning.failed', 'provisioning.rolled_back'];

/** What is wrong with a sample that was to succeed; empty when nothing is. */
export function problemsOfSuccess(evidence: Evidence): string[] {
  const { shown, objects, tables, callbacks } = evidence;
  const problems: string[] = [];
  if (shown.status !== 'succeeded')
    problems.push(
      `the provisioning ended as ${shown.status}${shown.failure === null ? '' : ` (${shown.failure.step}: ${shown.failure.message})`}`,
    );
  for (const kind of resourceKinds) {
    const resource = shown.resources.find((candidate) => candidate.kind === kind);
    if (resource === undefined) problems.push(`the API lists no ${kind}`);
    else if (!objects.some((object) => object.kind === kind && object.id === resource.externalId))
      problems.push(`the ${kind} that the API lists is not at the provider`);
  }
  const count = (kind: string) => objects.filter((object) => object.kind === kind).length;
  for (const kind of resourceKinds)
    if (count(kind) > 1) problems.push(`there are ${count(kind)} objects of kind ${kind}`);
  const detailOf = (kind: string, detail: string) =>
    objects.find((object) => object.kind === kind)?.details[detail];
  if (detailOf('supabase.project', 'status') !== 'ACTIVE_HEALTHY')
    problems.push('the Supabase project is not healthy');
  if (tables === undefined) problems.push("the client's database is not there");
  else if (evidence.isSampleSchema) {
    if (tables.count === 0) problems.push("the client's database has no tables");
    if (tables.unsecured > 0) problems.push(`${tables.unsecured} tables have no row-level security`);
  }
  if (detailOf('vercel.deployment', 'readyState') !== 'READY')
    problems.push('the Vercel deployment does not serve');
  if (detailOf('n8n.workflow', 'registered') !== true)
    problems.push('the webhook of the n8n workflow is not registered');
  return [...problems, ...problemsOfCallbacks(callbacks, callbacksOfSuccess)];
}

/** What is wrong with a sample that was to fail at a step; empty when nothing is. */
export function problemsOfRollback(evidence: Evidence, failedStep: string): string[] {
  const { shown, objects, journal, callbacks } = evidence;
  const problems: string[] = [];
  if (shown.status !== 'failed') problems.push(`the provisioning ended as ${shown.status}, not failed`);
  if (shown.failure?.step !== failedStep)
    problems.push(`it failed at ${shown.failure?.step ?? 'no step'}, not at ${failedStep}`);
  if (shown.rollback.status !== 'completed') problems.push(`the rollback is ${shown.rollback.status}`);
  for (const { kind, name } of objects) problems.push(`left at the provider: ${kind} ${name}`);

  const created = idsOf(journal, 'created');
  const deleted = idsOf(journal, 'deleted');
  if (created.length === 0) problems.push('nothing had been made, so nothing was undone');
  if (deleted.join() !== created.toReversed().join())
    problems.push(
      `not undone in reverse order: made ${kindsOf(journal, 'created').join(', ')}; deleted ${kindsOf(journal, 'deleted').join(', ')}`,
    );
  return [...problems, ...problemsOfCallbacks(callbacks, callbacksOfRollback)];
}

/** What the providers deleted, in that order. */
export function deletions(journal: readonly JournalEntry[]): JournalEntry[] {
  return ownEffects(journal, 'deleted');
}

function idsOf(journal: readonly JournalEntry[], effect: 'created' | 'deleted'): string[] {
  return ownEffects(journal, effect).map(({ objectId }) => objectId ?? '');
}

function kindsOf(journal: readonly JournalEntry[], effect: 'created' | 'deleted'): string[] {
  return ownEffects(journal, effect).map(({ objectKind }) => objectKind ?? '');
}

/** A deployment goes with its project. */
function ownEffects(journal: readonly JournalEntry[], effect: 'created' | 'deleted'): JournalEntry[] {
  return journal.filter((entry) => entry.effect === effect && entry.objectKind !== 'vercel.deployment');
}

function problemsOfCallbacks(callbacks: Evidence['callbacks'], expected: readonly string[]): string[] {
  const types = callbacks.map(({ type }) => type ?? '(signature not valid)');
  // At least once: the same callback may come again.
  const distinct = types.filter((type, index) => types.indexOf(type) === index);
  return distinct.join() === expected.join()
    ? []
    : [`callbacks: expected ${expected.join(', ')}; got ${types.join(', ') || 'none'}`];
}
