/** Turns an answer of n8n, or of a proxy in front of it, into words for the person who has to fix it. Pure. */
import { z } from 'zod';
import { ProviderError } from '../../errors.ts';
import { parseJson } from '../../http/json.ts';
import { fails, type Finding } from '../check.ts';

const ownAnswer = z.object({ message: z.string() });

/** Undefined: nothing of it is n8n's alone, and others explain it. */
export function explainN8n(part: 'api' | 'webhooks', error: unknown): Finding | undefined {
  if (!(error instanceof ProviderError)) return undefined;
  const { status, message, providerText } = error;
  if (status === undefined) return undefined;
  const fix = fixOfAnswer(part, status, ownAnswer.safeParse(parseJson(providerText)).success);
  return fix === undefined ? undefined : fails(message, fix);
}

/** `isOwn`: the body is n8n's own JSON, and no page of a proxy. */
function fixOfAnswer(part: 'api' | 'webhooks', status: number, isOwn: boolean): string | undefined {
  if ((status === 401 || status === 403) && !isOwn)
    return 'A proxy in front of n8n refuses the request: set N8N_BASIC_AUTH to user:password if it wants a password, or let this machine through.';
  if (status === 401 && part === 'api')
    return 'Renew N8N_API_KEY: n8n does not accept it. An n8n whose public API is switched off (N8N_PUBLIC_API_DISABLED) answers the same.';
  if (status >= 301 && status <= 308)
    return `Follow the redirect by hand: set ${part === 'api' ? 'N8N_HOST' : 'N8N_WEBHOOK_URL'} to where it leads, usually https:// instead of http://.`;
  if (part === 'webhooks' && status === 404)
    return 'Set N8N_WEBHOOK_PATH to what the server calls its webhooks (its N8N_ENDPOINT_WEBHOOK), and N8N_WEBHOOK_URL to the base of its production webhooks without that path.';
  // A server that starts answers everything with 200 and a text, then for a moment with a page and 404.
  if (part === 'api' && (status === 200 || status === 404))
    return 'Wait until n8n has started. If it has: check the path in N8N_HOST (N8N_PATH, without /api/v1), and that the public API is not switched off (N8N_PUBLIC_API_DISABLED).';
  return undefined;
}
