/** Whether n8n answers, serves webhooks where we believe it does, and lets our key do all that a client needs. */
import { ProviderError } from '../../errors.ts';
import type { N8nClient } from '../../providers/n8n.ts';
import { fails, holds, type Check, type ReadOnly } from '../check.ts';

interface Providers {
  readonly n8n: N8nClient;
}

const n8n = { provider: 'n8n', credentials: 'N8N_API_KEY', address: 'N8N_HOST' } as const;

const neededScopes = ['create', 'list', 'read', 'delete', 'activate', 'deactivate'].map(
  (right) => `workflow:${right}`,
);

export const n8nChecks: readonly Check<ReadOnly<Providers>>[] = [
  {
    ...n8n,
    name: 'api',
    async look({ n8n: client }) {
      try {
        await client.readAccess();
        return holds('the public API answers, and the key lists workflows');
      } catch (error) {
        // A server that starts answers everything with 200 and a text, then for a moment with a page and 404.
        const isNoApi = error instanceof ProviderError && (error.status === 200 || error.status === 404);
        if (!isNoApi) throw error;
        return fails(
          error.message,
          'Wait until n8n has started. If it has: check N8N_HOST, and that the public API is not switched off (N8N_PUBLIC_API_DISABLED).',
        );
      }
    },
  },
  {
    ...n8n,
    name: 'scopes',
    async look({ n8n: client }) {
      const scopes = await client.findScopes();
      if (scopes === undefined) {
        await client.readAccess();
        return holds('the key lists workflows; this n8n is too old to tell its other scopes');
      }
      const missing = neededScopes.filter((scope) => !scopes.includes(scope));
      return missing.length === 0
        ? holds('the key may create, publish and delete workflows')
        : fails(
            `the key lacks the scope ${missing.join(', ')}`,
            'Add the scopes to the key in n8n (Settings → n8n API), or make a new one and set N8N_API_KEY to it.',
          );
    },
  },
  {
    ...n8n,
    name: 'webhooks',
    address: 'N8N_WEBHOOK_URL (or N8N_HOST)',
    async look({ n8n: client }) {
      await client.readWebhook('client-provisioner/preflight');
      return holds(`webhooks are served at ${client.webhookUrl('…')}`);
    },
  },
];
