/** What an answer of n8n, or of what stands in front of it, says to the person who has to mend it. Pure. */
import { z } from 'zod';
import { ProviderError } from '../../errors.ts';
import { parseJson } from '../../json.ts';
import { fails, type Finding } from '../check.ts';

const ownAnswer = z.object({ message: z.string() });

/** Codes of OpenSSL, and Node's own, for a certificate that is signed by nobody we know. */
const unknownSigner = new Set([
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
]);

/** Undefined: its status says all that there is to say. */
export function explainN8n(part: 'api' | 'webhooks', error: unknown): Finding | undefined {
  if (!(error instanceof ProviderError)) return undefined;
  const { status, message, providerText } = error;
  const fix =
    status === undefined
      ? fixOfConnection(part, codeOf(error))
      : fixOfAnswer(part, status, ownAnswer.safeParse(parseJson(providerText)).success, providerText);
  return fix === undefined ? undefined : fails(message, fix);
}

function fixOfConnection(part: 'api' | 'webhooks', code: string): string | undefined {
  const address = part === 'api' ? 'N8N_HOST' : 'N8N_WEBHOOK_URL (or N8N_HOST)';
  if (unknownSigner.has(code))
    return `The certificate at ${address} is signed by a CA that is not known here: set NODE_EXTRA_CA_CERTS to a file with that CA, for the worker and for this command.`;
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return `The certificate at ${address} is for another name: use the name that it is for.`;
  if (
    code === 'ERR_SSL_WRONG_VERSION_NUMBER' ||
    code === 'ERR_SSL_PACKET_LENGTH_TOO_LONG' ||
    code === 'EPROTO'
  )
    return `What answers at ${address} speaks no TLS on that port: begin it with http://, or name the port that speaks TLS.`;
  return undefined;
}

/** `isOwn`: the body is n8n's own JSON, and no page of a proxy. */
function fixOfAnswer(
  part: 'api' | 'webhooks',
  status: number,
  isOwn: boolean,
  text: string,
): string | undefined {
  if (status === 400 && /plain HTTP request .* HTTPS port/i.test(text))
    return 'The port speaks TLS: begin N8N_HOST (and N8N_WEBHOOK_URL) with https://.';
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

function codeOf(error: unknown): string {
  for (let at = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth += 1)
    if ('code' in at && typeof at.code === 'string') return at.code;
  return '';
}
