/** The answers of `GET /api/preflight` and of a dry run, as the worker gives them and callers see them. */
import { z } from 'zod';

export const checkResultSchema = z.strictObject({
  provider: z.string().describe('who was asked'),
  name: z.string().describe('what was looked at'),
  ok: z.boolean(),
  detail: z.string().describe('what was seen'),
  fix: z.string().nullable().describe('what to do about it; null where nothing is to be done'),
});
export type CheckResult = z.infer<typeof checkResultSchema>;

export const preflightReportSchema = z.strictObject({
  ok: z.boolean().describe('whether every check holds'),
  checks: z.array(checkResultSchema),
});
export type PreflightReport = z.infer<typeof preflightReportSchema>;

export const plannedResourceSchema = z.strictObject({
  step: z.string(),
  kind: z.string(),
  name: z.string().describe('the name that it will have'),
  existing: z
    .array(
      z.strictObject({
        externalId: z.string(),
        name: z.string(),
        url: z.string().nullable(),
      }),
    )
    .nullable()
    .describe('what stands in its way; null where the provider could not be asked'),
});
export type PlannedResource = z.infer<typeof plannedResourceSchema>;

/** What a worker answers to either question. Without a client there is nothing to plan. */
export const preflightAnswerSchema = z.strictObject({
  checks: z.array(checkResultSchema),
  resources: z.array(plannedResourceSchema),
});
export type PreflightAnswer = z.infer<typeof preflightAnswerSchema>;

export function reportOf(checks: readonly CheckResult[]): PreflightReport {
  return { ok: checks.every(({ ok }) => ok), checks: [...checks] };
}
