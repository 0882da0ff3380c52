/** The answers of `GET /api/preflight` and of a dry run, as the worker gives them and callers see them. */
import { z } from 'zod';

const checkAnswer = z
  .strictObject({
    provider: z.string().meta({ description: 'Who was asked.' }),
    name: z.string().meta({ description: 'What was looked at.' }),
    ok: z.boolean(),
    detail: z.string().meta({ description: 'What was seen.' }),
    fix: z
      .string()
      .nullable()
      .meta({ description: 'What to do about it; null where there is nothing to do.' }),
  })
  .meta({ id: 'Check' });
export type CheckResult = z.infer<typeof checkAnswer>;

export const preflightAnswer = z
  .strictObject({
    ok: z.boolean().meta({ description: 'Every check holds.' }),
    checks: z.array(checkAnswer),
  })
  .meta({ id: 'Preflight' });

const plannedResourceAnswer = z.strictObject({
  step: z.string(),
  kind: z.string(),
  name: z.string().meta({ description: 'The name that it will have.' }),
  existing: z
    .array(
      z.strictObject({
        externalId: z.string(),
        name: z.string(),
        url: z.string().nullable(),
      }),
    )
    .nullable()
    .meta({ description: 'What has that name already; null where the provider could not be asked.' }),
});
export type PlannedResource = z.infer<typeof plannedResourceAnswer>;

/** The answer of a dry run. */
export const planAnswer = z
  .strictObject({
    dryRun: z.literal(true),
    ok: z.boolean().meta({ description: 'Nothing that could be seen stands in the way.' }),
    clientId: z.string(),
    clientIsFree: z.boolean(),
    takenBy: z
      .strictObject({ provisioningId: z.uuid(), code: z.enum(['client-busy', 'client-exists']) })
      .nullable()
      .meta({ description: 'What the request would be refused with.' }),
    steps: z.array(z.string()),
    names: z
      .record(z.string(), z.string())
      .meta({ description: 'What will be taken at the providers, by kind, such as `github.repository`.' }),
    resources: z.array(plannedResourceAnswer),
    preflight: preflightAnswer,
  })
  .meta({ id: 'Plan' });

/** A worker's answer to either question. Without a client there is nothing to plan. */
export const findingsSchema = z.strictObject({
  checks: z.array(checkAnswer),
  resources: z.array(plannedResourceAnswer),
});
export type PreflightFindings = z.infer<typeof findingsSchema>;

export function reportOf(checks: readonly CheckResult[]): z.infer<typeof preflightAnswer> {
  return { ok: checks.every(({ ok }) => ok), checks: [...checks] };
}
