/** The requests that callers may send. */
import { z } from 'zod';
import type { AllowedHost } from '../config.ts';
import { clientIdPattern, longestClientId, provisioningStatuses, tiers } from '../provisioning.ts';
import { refuseCallbackUrl } from '../callbacks/guard.ts';

/** Control characters, line separators, and marks that turn the direction of the text around them. */
const invisible = /[\p{Cc}\p{Zl}\p{Zp}\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]/u;

/** Text for people, on one line. */
export function plainText(most: number) {
  return z
    .string('must be a string')
    .min(1, 'must not be empty')
    .refine((text) => Array.from(text).length <= most, `must have at most ${most} characters`)
    .refine((text) => text.trim() !== '', 'must not be blank')
    .refine((text) => !invisible.test(text) && text.isWellFormed(), 'must not have control characters')
    .meta({ maxLength: most });
}

export function newProvisioningSchema(allowedHosts: readonly AllowedHost[]) {
  return z.strictObject({
    clientId: z
      .string('must be a string')
      .min(1, 'must not be empty')
      .max(longestClientId, `must have at most ${longestClientId} characters`)
      .regex(clientIdPattern, 'must be lower-case letters and digits, in groups joined by single hyphens'),
    clientName: plainText(100),
    orgEmail: z.email('must be an email address').max(254, 'must have at most 254 characters'),
    tier: z.enum(tiers, `must be one of ${tiers.join(', ')}`),
    callbackUrl: z
      .string('must be a string')
      .max(2000, 'must have at most 2000 characters')
      .superRefine((url, context) => {
        const refusal = refuseCallbackUrl(url, allowedHosts);
        if (refusal !== undefined) context.addIssue(refusal);
      })
      .optional(),
    onFailure: z.enum(['rollback', 'pause'], 'must be rollback or pause').default('rollback'),
  });
}

const cursorParts = z.object({
  // PostgreSQL knows no year 0.
  createdAt: z.iso.datetime({ precision: 6 }).refine((time) => !time.startsWith('0000')),
  id: z.uuid(),
});

const cursor = z.string().transform((text, context) => {
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
