/** The checks of n8n: it answers, serves webhooks where we believe it does, and lets our key do all that a client needs. */
import type { N8nClient } from '../../providers/n8n.ts';
import { fails, holds, type Check, type Finding, type ReadOnly } from '../check.ts';
import { explainMisplacedWebhook } from '../n8n-misplaced-webhook.ts';
import { explainN8n } from './n8n-failures.ts';

interface Providers {
  readonly n8n: N8nClient;
}

const n8n = { provider: 'n8n', credentials: 'N8N_API_KEY', address: 'N8N_HOST' } as const;
const webhooks = { ...n8n, address: 'N8N_WEBHOOK_URL (or N8N_HOST)' } as const;

const neededScopes = ['create', 'list', 'read', 'delete', 'activate', 'deactivate'].map(
  (right) => `workflow:${right}`,
);

/** A look whose failures are told in n8n's terms, where those say more than the status does. */
function explained(
  part: 'api' | 'webhooks',
  look: (client: ReadOnly<Providers>['n8n']) => Promise<Finding>,
): (providers: ReadOnly<Providers>) => Promise<Finding> {
  return async ({ n8n: client }) => {
    try {
      return await look(client);
    } catch (error) {
      const finding = explainN8n(part, error);
      if (finding === undefined) throw error;
      return finding;
    }
  };
}

export const n8nChecks: readonly Check<ReadOnly<Providers>>[] = [
  {
    ...n8n,
    name: 'api',
    look: explained('api', async (client) => {
      await client.readAccess();
      return holds('the public API answers, and the key lists workflows');
    }),
  },
  {
    ...n8n,
    name: 'scopes',
    look: explained('api', async (client) => {
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
    }),
  },
  {
    ...webhooks,
    name: 'webhooks',
    look: explained('webhooks', async (client) => {
      const place = await client.readWebhookPlace();
      if (place.is === 'misplaced') {
        const { why, whatToDo } = explainMisplacedWebhook(place.extra);
        return fails(why, whatToDo);
      }
      return holds(`webhooks are served at ${client.webhookUrl('…')}`);
    }),
  },
];
