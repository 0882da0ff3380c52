/** The vocabulary of the product: its states, its failures and its limits. `docs/architecture.md` has the glossary. */
import { z } from 'zod';

export const tiers = ['starter', 'professional', 'enterprise'] as const;
export type Tier = (typeof tiers)[number];

export const provisioningStatuses = [
  'queued',
  'running',
  'paused',
  'succeeded',
  'failed',
  'cancelled',
] as const;
export type ProvisioningStatus = (typeof provisioningStatuses)[number];

export const rollbackStatuses = ['none', 'pending', 'running', 'completed', 'incomplete'] as const;
export type RollbackStatus = (typeof rollbackStatuses)[number];

export const stepStatuses = ['pending', 'running', 'waiting', 'succeeded', 'failed', 'skipped'] as const;
export type StepStatus = (typeof stepStatuses)[number];

/** The way a row of work goes: making a part, or undoing it. */
export type Direction = 'run' | 'undo';

/** Why a step failed for good, as callers and operators read it. */
export const failureCodes = [
  'name-taken',
  'provider-rejected',
  'provider-unavailable',
  'credentials-rejected',
  'quota-exceeded',
  'not-ready-in-time',
  'schema-invalid',
  'verification-failed',
  'internal-error',
] as const;
export type FailureCode = (typeof failureCodes)[number];

export const failureSchema = z.object({
  step: z.string(),
  code: z.enum(failureCodes),
  message: z.string(),
  /** The way to fix it, where more is known than its code says. In our own words. */
  whatToDo: z.string().optional(),
  at: z.string(),
});
export type Failure = z.infer<typeof failureSchema>;

export const resourceStates = [
  'intended',
  'unknown',
  'live',
  'deleting',
  'deleted',
  'delete-failed',
  'forgotten',
] as const;
export type ResourceState = (typeof resourceStates)[number];

/** True where nothing is left to undo: the resource is proven gone, or an operator has taken it over. */
export function isGone({ state }: { readonly state: ResourceState }): boolean {
  return state === 'deleted' || state === 'forgotten';
}

/** Valid as a part of a name at every provider. Different ids give different names. */
export const clientIdPattern = /^[a-z0-9]+(-[a-z0-9]+)*$/;
export const longestClientId = 50;

/** The order that a step works for. */
export interface ClientOrder {
  readonly provisioningId: string;
  readonly clientId: string;
  readonly clientName: string;
  readonly orgEmail: string;
  readonly tier: Tier;
}

/** True where nothing more happens by itself. An incomplete rollback waits for an operator, and counts as done. */
export function isDone(status: ProvisioningStatus, rollback: RollbackStatus): boolean {
  if (rollback === 'completed' || rollback === 'incomplete') return true;
  return status === 'succeeded' && rollback === 'none';
}

/** One word for what people ask about a client. */
export const clientStates = ['live', 'in-progress', 'attention', 'failed', 'offboarded'] as const;
export type ClientState = (typeof clientStates)[number];

export function clientStateOf(status: ProvisioningStatus, rollback: RollbackStatus): ClientState {
  if (needsAttention(status, rollback)) return 'attention';
  if (!isDone(status, rollback)) return 'in-progress';
  if (status === 'succeeded') return rollback === 'none' ? 'live' : 'offboarded';
  return 'failed';
}

/** True where an operator has to act. */
export function needsAttention(status: ProvisioningStatus, rollback: RollbackStatus): boolean {
  return status === 'paused' || rollback === 'incomplete';
}
