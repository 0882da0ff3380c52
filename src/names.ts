/**
 * The names of a client's objects at the providers, from the client id alone.
 *
 * A client id (`^[a-z0-9]+(-[a-z0-9]+)*$`, at most 50 characters) is valid in each of them as it is, and different
 * ids give different names, so no client ever meets another client's object.
 */
import { createHash } from 'node:crypto';

export const clientIdPattern = /^[a-z0-9]+(-[a-z0-9]+)*$/;
const longestClientId = 50;

export interface ProviderNames {
  readonly supabaseProject: string;
  readonly repository: string;
  readonly vercelProject: string;
  readonly workflow: string;
  /** Path of the client's webhook below `{n8n}/webhook/`. */
  readonly webhookPath: string;
  /** A fixed UUID per client: n8n keeps a webhook's URL stable only when it is given one. */
  readonly webhookId: string;
}

/** Every name of a client's objects. The only place where such names are made. */
export function providerNames(clientId: string): ProviderNames {
  return {
    supabaseProject: `client-${clientId}-prod`,
    repository: `client-${clientId}-app`,
    vercelProject: `client-${clientId}-app`,
    workflow: `Client ${clientId}`,
    webhookPath: `client-${clientId}/content`,
    webhookId: stableUuid(`client-provisioner/webhook/${clientId}`),
  };
}

/** Whether a client's object may have that name. */
export function isClientName(
  part: 'supabaseProject' | 'repository' | 'vercelProject' | 'workflow',
  name: string,
): boolean {
  const [before = '', after = ''] = providerNames('*')[part].split('*');
  const clientId = name.slice(before.length, name.length - after.length);
  const isClientId = clientId.length <= longestClientId && clientIdPattern.test(clientId);
  return isClientId && providerNames(clientId)[part] === name;
}

/** A UUID made from a name (RFC 9562 version 8: the hash is ours to choose). */
function stableUuid(name: string): string {
  const bytes = createHash('sha256').update(name).digest().subarray(0, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
