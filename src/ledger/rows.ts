/** The rows of the ledger's tables, as the program reads them. */
import { z } from 'zod';
import {
  failureSchema,
  provisioningStatuses,
  resourceStates,
  rollbackStatuses,
  stepStatuses,
  tiers,
} from '../provisioning.ts';

/** A column that may be null. */
export const optional = <T extends z.ZodType>(schema: T) =>
  schema.nullable().transform((value) => value ?? undefined);

export const provisioningRow = z.object({
  id: z.string(),
  client_id: z.string(),
  client_name: z.string(),
  org_email: z.string(),
  tier: z.enum(tiers),
  callback_url: optional(z.string()),
  trace_parent: optional(z.string()),
  on_failure: z.enum(['rollback', 'pause']),
  step_names: z.array(z.string()),
  status: z.enum(provisioningStatuses),
  rollback_status: z.enum(rollbackStatuses),
  failure: optional(failureSchema),
  failure_provider_text: optional(z.string()),
  flow: z.number(),
  epoch: z.coerce.number(),
  last_event: z.coerce.number(),
  last_callback: z.number(),
  created_at: z.coerce.date(),
  updated_at: z.coerce.date(),
  finished_at: optional(z.coerce.date()),
});
export type ProvisioningRow = z.infer<typeof provisioningRow>;

export const stepErrorSchema = failureSchema.omit({ step: true, at: true });
export type StepError = z.infer<typeof stepErrorSchema>;

/** A warning: something succeeded and will still trouble somebody. */
export const stepWarningSchema = z.object({ code: z.string(), message: z.string() });
export type StepWarning = z.infer<typeof stepWarningSchema>;

export const stepRow = z.object({
  provisioning_id: z.string(),
  direction: z.enum(['run', 'undo']),
  position: z.number(),
  name: z.string(),
  status: z.enum(stepStatuses),
  attempts: z.number(),
  waiting_for: optional(z.string()),
  waiting_since: optional(z.coerce.date()),
  looks: z.number(),
  due_at: optional(z.coerce.date()),
  wait_began: optional(z.coerce.date()),
  wait_until: optional(z.coerce.date()),
  error: optional(stepErrorSchema),
  output: z.record(z.string(), z.unknown()),
  warnings: z.array(stepWarningSchema),
  started_at: optional(z.coerce.date()),
  finished_at: optional(z.coerce.date()),
});
export type StepRow = z.infer<typeof stepRow>;

export const effectRow = z.object({
  id: z.string(),
  step: z.string(),
  name: z.string(),
  verb: z.enum(['create', 'change', 'delete']),
  natural_key: z.string(),
  mark: z.string(),
  state: z.enum(['intended', 'refused', 'confirmed']),
  calls: z.number(),
  doubts: z.number(),
  forgiven_doubts: z.number(),
  created_at: z.coerce.date(),
  absent_at: optional(z.coerce.date()),
  called_at: optional(z.coerce.date()),
  doubt_since: optional(z.coerce.date()),
});
export type EffectRow = z.infer<typeof effectRow>;

export const resourceRow = z.object({
  id: z.string(),
  provisioning_id: z.string(),
  effect_id: optional(z.string()),
  step: z.string(),
  kind: z.string(),
  external_id: optional(z.string()),
  name: z.string(),
  url: optional(z.string()),
  origin: z.enum(['created', 'foreign']),
  state: z.enum(resourceStates),
  error: optional(z.string()),
  made_by: optional(z.string()),
});
export type ResourceRow = z.infer<typeof resourceRow>;

/** A resource with the time of its last change: of a deleted one, when it was seen to be gone. */
export const shownResourceRow = resourceRow.extend({ updated_at: z.date() });
export type ShownResourceRow = z.infer<typeof shownResourceRow>;

export const callbackRow = z.object({
  id: z.string(),
  provisioning_id: z.string(),
  sequence: z.number(),
  type: z.string(),
  body: z.string(),
  state: z.enum(['pending', 'delivered', 'failed', 'stopped']),
  attempts: z.number(),
  due_at: z.coerce.date(),
  created_at: z.coerce.date(),
});
export type CallbackRow = z.infer<typeof callbackRow>;

/** A provisioning with its steps, as one consistent reading. */
export interface Snapshot {
  readonly provisioning: ProvisioningRow;
  readonly steps: readonly StepRow[];
}
export const snapshotSchema = z.object({ provisioning: provisioningRow, steps: z.array(stepRow) });

/** The part of a step in the ledger. */
export const partOfStep = z.object({
  /** The output that the run of the step has recorded so far. */
  output: z.record(z.string(), z.unknown()),
  effects: z.array(effectRow),
  /** The resources that it has made, newest first. */
  resources: z.array(resourceRow),
});
export type PartOfStep = z.infer<typeof partOfStep>;
