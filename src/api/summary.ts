/** The answer of `GET /api/summary`: who is needed, how many clients there are, and how everything is. Pure. */
import { z } from 'zod';
import type { CallbacksGivenUp } from '../ledger/overview.ts';
import type { FullSnapshot } from '../ledger/provisionings.ts';
import { clientStates, isGone } from '../provisioning.ts';
import type { CheckResult } from './preflight.ts';
import { whatIsToBeDone } from './what-to-do.ts';

const time = z.iso.datetime();

export const versionAnswer = z
  .strictObject({ package: z.string(), commit: z.string().nullable() })
  .meta({ id: 'Version' });

const attentionAnswer = z
  .strictObject({
    kind: z.enum(['provisioning', 'callbacks']),
    provisioningId: z.uuid(),
    clientId: z.string(),
    clientName: z.string(),
    headline: z.string(),
    reason: z.string(),
    whatToDo: z.string(),
    since: time,
  })
  .meta({ id: 'Attention', description: 'Something that needs somebody.' });
export type Attention = z.infer<typeof attentionAnswer>;

const providerHealthAnswer = z.strictObject({
  provider: z.string(),
  ok: z.boolean(),
  checks: z.int(),
  failing: z.int(),
  at: time,
});
export type ProviderHealth = z.infer<typeof providerHealthAnswer>;

export const summaryAnswer = z
  .strictObject({
    version: versionAnswer,
    counts: z.strictObject({
      total: z.int(),
      live: z.int(),
      inProgress: z.int(),
      attention: z.int(),
      failed: z.int(),
      offboarded: z.int(),
    }),
    attention: z.array(attentionAnswer),
    health: z.strictObject({
      ledger: z.strictObject({ ok: z.literal(true), ms: z.int() }),
      queue: z.union([
        z.strictObject({
          ok: z.literal(true),
          kind: z.enum(['redis', 'postgres']),
          waiting: z.int(),
          active: z.int(),
          delayed: z.int(),
        }),
        z.strictObject({ ok: z.literal(false) }),
      ]),
      workers: z.array(z.strictObject({ id: z.string(), version: z.string().nullable() })),
      providers: z
        .array(providerHealthAnswer)
        .meta({ description: 'As they were when they were last asked: `GET /api/preflight` asks now.' }),
      orphans: z.strictObject({
        checkedAt: time.nullable(),
        count: z.int(),
        errors: z.int().meta({ description: 'Kinds that could not be looked through.' }),
      }),
    }),
  })
  .meta({ id: 'Summary' });
export type Summary = z.infer<typeof summaryAnswer>;

/** Clients and callbacks that need somebody, the one that has waited longest first. */
export function attentionOf(
  snapshots: readonly FullSnapshot[],
  callbacks: readonly CallbacksGivenUp[],
): Attention[] {
  const all = [...snapshots.map(aboutProvisioning), ...callbacks.map(aboutCallbacks)];
  return all.toSorted((a, b) => a.since.localeCompare(b.since));
}

function aboutProvisioning(snapshot: FullSnapshot): Attention {
  const { provisioning, resources, steps } = snapshot;
  const { failure } = provisioning;
  const mine = resources.filter(({ origin }) => origin === 'created');
  const left = mine.filter((resource) => !isGone(resource));
  const position = steps.find(
    ({ direction, name }) => direction === 'run' && name === failure?.step,
  )?.position;
  const isPaused = provisioning.status === 'paused';
  const undoErrors = left.flatMap(({ error }) => (error === undefined ? [] : [error]));
  return {
    kind: 'provisioning',
    provisioningId: provisioning.id,
    clientId: provisioning.client_id,
    clientName: provisioning.client_name,
    headline: isPaused
      ? `Paused at step ${position ?? '?'} of ${provisioning.step_names.length}`
      : `Rollback incomplete, ${left.length} of ${mine.length} left`,
    reason: isPaused ? (failure?.message ?? '') : undoErrors.join(' '),
    whatToDo: whatIsToBeDone(snapshot) ?? '',
    since: (isPaused ? (failure?.at ?? '') : '') || provisioning.updated_at.toISOString(),
  };
}

function aboutCallbacks(row: CallbacksGivenUp): Attention {
  const answered = row.last_status === null ? (row.last_error ?? 'no answer') : `answered ${row.last_status}`;
  const what = row.count === 1 ? '1 callback' : `${row.count} callbacks`;
  return {
    kind: 'callbacks',
    provisioningId: row.provisioning_id,
    clientId: row.client_id,
    clientName: row.client_name,
    headline: `${what} given up`,
    reason: `The receiver: ${answered}.`,
    whatToDo: 'Ask the receiver whether it is back, then POST …/redeliver.',
    since: row.since.toISOString(),
  };
}

/** The health of the providers, by the checks of the last preflight. Our own parts are not among them. */
export function providerHealthOf(checks: readonly CheckResult[], at: Date): ProviderHealth[] {
  return [...Map.groupBy(checks, ({ provider }) => provider)].map(([provider, ofIt]) => {
    const failing = ofIt.filter(({ ok }) => !ok).length;
    return { provider, ok: failing === 0, checks: ofIt.length, failing, at: at.toISOString() };
  });
}

type Counted = Readonly<Record<(typeof clientStates)[number], number>>;

export function countsOf(counted: Counted): Summary['counts'] {
  const total = clientStates.reduce((sum, state) => sum + counted[state], 0);
  const { live, attention, failed, offboarded, 'in-progress': inProgress } = counted;
  return { total, live, inProgress, attention, failed, offboarded };
}
