/** The names of a client's objects, as the outside contract gives them. Not the product's own function, on purpose. */

/** What a name is about. */
export type Named = 'supabase.project' | 'github.repository' | 'vercel.project' | 'n8n.workflow';

const around: Readonly<Record<Named, readonly [string, string]>> = {
  'supabase.project': ['client-', '-prod'],
  'github.repository': ['client-', '-app'],
  'vercel.project': ['client-', '-app'],
  'n8n.workflow': ['Client ', ''],
};

export function nameOf(kind: Named, clientId: string): string {
  return around[kind].join(clientId);
}

/** The client that has that name. Undefined: it is no client's. */
export function clientOf(kind: Named, name: string): string | undefined {
  const [before, after] = around[kind];
  const clientId = name.slice(before.length, name.length - after.length);
  return /^[a-z0-9]+(-[a-z0-9]+)*$/.test(clientId) && nameOf(kind, clientId) === name ? clientId : undefined;
}

/** The step that makes it. */
export const stepOf: Readonly<Record<Named, string>> = {
  'supabase.project': 'supabase-project',
  'github.repository': 'github-repo',
  'vercel.project': 'vercel-deployment',
  'n8n.workflow': 'n8n-webhooks',
};

export function isNamed(kind: string): kind is Named {
  return kind in around;
}

export function webhookPathOf(clientId: string): string {
  return `client-${clientId}/content`;
}

const uuid = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';

/** The provisioning that a mark in this text names. */
export function markedProvisioning(text: unknown): string | undefined {
  return typeof text === 'string' ? new RegExp(`\\bprov-(${uuid})`).exec(text)?.[1] : undefined;
}
