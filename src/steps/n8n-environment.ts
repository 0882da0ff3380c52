/** The variables of the n8n step, and what a look at its webhooks says about them. */
import { z } from 'zod';
import { credential } from '../http/credential.ts';
import { hostUrl } from './provider-url.ts';

/** As n8n's own `N8N_ENDPOINT_WEBHOOK`: segments of a path. */
const webhookPath = z
  .string()
  .transform((text) => text.replaceAll(/^\/+|\/+$/g, ''))
  .refine(
    (path) => path.split('/').every((part) => /^[\w~-][\w.~-]*$/.test(part)),
    'must be a path such as webhook, as N8N_ENDPOINT_WEBHOOK of the server says',
  );

export const n8nEnvironment = z.object({
  N8N_API_KEY: credential,
  N8N_HOST: hostUrl,
  N8N_WEBHOOK_URL: hostUrl.optional(),
  N8N_WEBHOOK_PATH: webhookPath.default('webhook'),
  N8N_BASIC_AUTH: z
    .string()
    .regex(/^[^:]+:[\s\S]*$/, 'must be user:password')
    .optional(),
});

/** n8n looks up another path than ours. `extra`: what stands before it. */
export function misplacedWebhook(extra: string | undefined): string {
  return extra === undefined
    ? 'n8n is asked for another webhook path than the one that was sent: a proxy in front of it changes the path'
    : `n8n takes "${extra}" for the beginning of the webhook's own path: ${fixOfExtra(extra)}`;
}

/** The webhooks of n8n begin after N8N_WEBHOOK_URL and N8N_WEBHOOK_PATH, and one of them has too much. */
export function fixOfExtra(extra: string | undefined): string {
  return extra === undefined
    ? "Set N8N_WEBHOOK_URL and N8N_WEBHOOK_PATH so that together they are what n8n shows before a webhook's path."
    : `take the "/${extra}" off the end of N8N_WEBHOOK_URL, which N8N_WEBHOOK_PATH adds`;
}
