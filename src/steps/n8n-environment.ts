/** The variables of the n8n step. */
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
