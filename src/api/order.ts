/** The fields of an order that need no settings to be judged: the API refuses what does not fit, and so do its callers. */
import { z } from 'zod';
import { clientIdPattern, longestClientId, tiers } from '../provisioning.ts';

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

export const orderFields = {
  clientId: z
    .string('must be a string')
    .min(1, 'must not be empty')
    .max(longestClientId, `must have at most ${longestClientId} characters`)
    .regex(clientIdPattern, 'must be lower-case letters and digits, in groups joined by single hyphens'),
  clientName: plainText(100),
  orgEmail: z.email('must be an email address').max(254, 'must have at most 254 characters'),
  tier: z.enum(tiers, `must be one of ${tiers.join(', ')}`),
};

export const callbackUrlText = z.string('must be a string').max(2000, 'must have at most 2000 characters');

export const onFailureField = z.enum(['rollback', 'pause'], 'must be rollback or pause');
