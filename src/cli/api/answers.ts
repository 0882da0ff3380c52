/** The parts of the API's answers that the commands read. Servers of other versions may say more, or less. */
import { z } from 'zod';

const stepShown = z.looseObject({
  name: z.string(),
  status: z.string(),
  startedAt: z.string().nullish(),
  finishedAt: z.string().nullish(),
  waitingFor: z.string().nullish(),
  waiting: z.looseObject({ for: z.string(), since: z.string(), until: z.string().nullable() }).nullish(),
  error: z.looseObject({ code: z.string(), message: z.string() }).nullish(),
});

const resourceShown = z.looseObject({
  id: z.string(),
  kind: z.string(),
  externalId: z.string().nullish(),
  name: z.string(),
  url: z.string().nullish(),
  origin: z.string(),
  state: z.string(),
  error: z.string().optional(),
  whatToDo: z.string().optional(),
});

export const provisioningShown = z.looseObject({
  id: z.string(),
  clientId: z.string(),
  clientName: z.string(),
  orgEmail: z.string(),
  tier: z.string(),
  status: z.string(),
  rollback: z.looseObject({ status: z.string() }),
  done: z.boolean(),
  needsAttention: z.boolean(),
  steps: z.array(stepShown),
  resources: z.array(resourceShown),
  result: z.record(z.string(), z.string()),
  failure: z
    .looseObject({
      step: z.string(),
      code: z.string(),
      message: z.string(),
      whatToDo: z.string().optional(),
      providerText: z.string().optional(),
    })
    .nullable(),
  whatToDo: z.string().nullish(),
  warnings: z.array(z.looseObject({ step: z.string(), code: z.string(), message: z.string() })).default([]),
  createdAt: z.string(),
  finishedAt: z.string().nullish(),
});
export type ShownProvisioning = z.infer<typeof provisioningShown>;

export const provisioningPage = z.looseObject({
  items: z.array(provisioningShown),
  nextCursor: z.string().nullable(),
});

const checkShown = z.looseObject({
  provider: z.string(),
  name: z.string(),
  ok: z.boolean(),
  detail: z.string(),
  fix: z.string().nullish(),
});
export type ShownCheck = z.infer<typeof checkShown>;

export const preflightShown = z.looseObject({ ok: z.boolean(), checks: z.array(checkShown) });

export const planShown = z.looseObject({
  ok: z.boolean(),
  clientId: z.string(),
  takenBy: z.looseObject({ provisioningId: z.string(), code: z.string() }).nullable(),
  resources: z.array(
    z.looseObject({
      kind: z.string(),
      name: z.string(),
      existing: z
        .array(z.looseObject({ externalId: z.string(), name: z.string(), url: z.string().nullish() }))
        .nullable(),
    }),
  ),
  preflight: preflightShown,
});
export type ShownPlan = z.infer<typeof planShown>;

export const eventShown = z.looseObject({ sequence: z.number(), type: z.string(), at: z.string() });
export type ShownEvent = z.infer<typeof eventShown>;
export const eventPage = z.looseObject({ items: z.array(eventShown), nextCursor: z.string().nullable() });

const callbackShown = z.looseObject({
  id: z.string(),
  sequence: z.number(),
  type: z.string(),
  state: z.string(),
  attemptCount: z.number(),
  attempts: z.array(z.looseObject({ status: z.number().nullable(), error: z.string().nullable() })),
  deliveredAt: z.string().nullish(),
  nextAttemptAt: z.string().nullish(),
});
export const callbacksShown = z.looseObject({ items: z.array(callbackShown) });

export const orphansShown = z.looseObject({
  checkedAt: z.string().nullable(),
  items: z.array(
    z.looseObject({
      kind: z.string(),
      externalId: z.string(),
      name: z.string(),
      url: z.string().nullish(),
    }),
  ),
  errors: z.array(z.looseObject({})),
});

const healthShown = z.looseObject({ ok: z.boolean() });
export const summaryShown = z.looseObject({
  version: z.looseObject({ package: z.string(), commit: z.string().nullish() }).optional(),
  counts: z.record(z.string(), z.number()).default({}),
  attention: z
    .array(
      z.looseObject({
        provisioningId: z.string(),
        clientId: z.string(),
        headline: z.string(),
        reason: z.string().nullish(),
        whatToDo: z.string().nullish(),
        since: z.string().nullish(),
      }),
    )
    .default([]),
  health: z
    .looseObject({
      ledger: healthShown.extend({ ms: z.number().optional() }).optional(),
      queue: healthShown
        .extend({
          kind: z.string().optional(),
          waiting: z.number().optional(),
          active: z.number().optional(),
          delayed: z.number().optional(),
        })
        .optional(),
      workers: z
        .array(z.looseObject({ id: z.union([z.string(), z.number()]), version: z.string().nullish() }))
        .optional(),
      providers: z
        .array(
          z.looseObject({ provider: z.string(), ok: z.boolean().nullish(), failing: z.number().nullish() }),
        )
        .optional(),
      orphans: z.looseObject({ checkedAt: z.string().nullish(), count: z.number().nullish() }).optional(),
    })
    .default({}),
});
export type ShownSummary = z.infer<typeof summaryShown>;

const keyShown = z.looseObject({
  id: z.string(),
  name: z.string(),
  role: z.string(),
  state: z.string().nullish(),
  createdAt: z.string().nullish(),
  expiresAt: z.string().nullish(),
  lastUsedAt: z.string().nullish(),
});
export const keysShown = z.looseObject({ items: z.array(keyShown) });
export const readyShown = z.looseObject({ away: z.array(z.string()).optional() });

export const timelineShown = z.looseObject({
  items: z.array(
    z.looseObject({
      step: z.string(),
      direction: z.string(),
      entries: z.array(
        z.looseObject({
          kind: z.string(),
          attempt: z.number().nullish(),
          for: z.string().nullish(),
          begin: z.string(),
          end: z.string().nullish(),
          endedAs: z.string().nullish(),
          error: z.looseObject({ code: z.string(), message: z.string() }).nullish(),
        }),
      ),
    }),
  ),
});
export type ShownTimeline = z.infer<typeof timelineShown>;
