/** The requests that callers may send. */
import { z } from 'zod';
import type { AllowedHost } from '../config.ts';
import { callbackUrlText, onFailureField, orderFields } from '../api/order.ts';
import { clientIdPattern, clientStates, provisioningStatuses, rollbackStatuses } from '../provisioning.ts';
import { refuseCallbackUrl } from '../callbacks/guard.ts';

/** What the documentation sends at the first click. */
const exampleOrder = {
  clientId: 'globex',
  clientName: 'Globex Corporation',
  orgEmail: 'ops@globex.example',
  tier: 'professional',
  onFailure: 'rollback',
} as const;

export function newProvisioningSchema(allowedHosts: readonly AllowedHost[]) {
  return z
    .strictObject({
      ...orderFields,
      callbackUrl: callbackUrlText
        .superRefine((url, context) => {
          const refusal = refuseCallbackUrl(url, allowedHosts);
          if (refusal !== undefined) context.addIssue(refusal);
        })
        .optional(),
      onFailure: onFailureField.default('rollback'),
    })
    .meta({ examples: [exampleOrder] });
}

const cursorParts = z.object({
  // PostgreSQL knows no year 0.
  createdAt: z.iso.datetime({ precision: 6 }).refine((time) => !time.startsWith('0000')),
  id: z.uuid(),
});

/** The cursor at which a page of a list goes on, newest first. */
export const cursor = z.string().transform((text, context) => {
  const [createdAt = '', ...rest] = Buffer.from(text, 'base64url').toString().split(' ');
  const parsed = cursorParts.safeParse({ createdAt, id: rest.join(' ') });
  if (parsed.success) return parsed.data;
  context.addIssue('is not a cursor of this list');
  return z.NEVER;
});

export function cursorFor(item: { createdAt: string; id: string }): string {
  return Buffer.from(`${item.createdAt} ${item.id}`).toString('base64url');
}

/** How many items of a list. */
export function limitParameter(most: number, byDefault: number) {
  const error = `must be a whole number from 1 to ${most}`;
  return z
    .string()
    .regex(/^\d{1,3}$/, error)
    .transform(Number)
    .pipe(z.number().min(1, error).max(most, error))
    .default(byDefault);
}

/** The sequence of an event. */
export const sequenceParameter = z
  .string()
  .regex(/^\d{1,15}$/, 'must be a sequence')
  .transform(Number);

export const listQuery = z.strictObject({
  status: z.enum(provisioningStatuses).optional(),
  clientId: z.string().max(50).regex(clientIdPattern, 'is no client id').optional(),
  needsAttention: z
    .enum(['true', 'false'])
    .transform((text) => text === 'true')
    .optional(),
  state: z
    .enum(clientStates)
    .optional()
    .meta({ description: 'One word for what people ask about a client.' }),
  rollback: z.enum(rollbackStatuses).optional(),
  q: z.string().min(1).max(100).optional().meta({ description: "Part of the client's id or name." }),
  newest: z
    .enum(['true', 'false'])
    .transform((text) => text === 'true')
    .optional()
    .meta({ description: 'Only the newest provisioning of each client.' }),
  limit: limitParameter(100, 20),
  cursor: cursor.optional(),
});

/** A moment, with its offset from UTC. */
export const timeParameter = z.iso
  .datetime({ offset: true, error: 'must be a time as 2026-01-31T12:00:00Z' })
  .transform((text) => new Date(text))
  // PostgreSQL knows no year 0.
  .refine((time) => time.getUTCFullYear() >= 1, 'must be a time as 2026-01-31T12:00:00Z');

/** A path's id, as the ledger spells it. */
export const provisioningId = z.uuid().transform((id) => id.toLowerCase());
