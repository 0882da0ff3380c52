/** The content of a client's workflow, and what in it tells whose it is. */
import { createHash } from 'node:crypto';
import type { NewWorkflow } from '../providers/n8n.ts';
import type { ClientOrder } from '../provisioning.ts';

export function workflowName(clientId: string): string {
  return `Client ${clientId}`;
}

/** Path of the client's webhook, below the path of all webhooks. */
export function webhookPath(clientId: string): string {
  return `client-${clientId}/content`;
}

/** A fixed UUID per client: n8n keeps a webhook's URL stable only when it is given one. */
export function webhookId(clientId: string): string {
  return stableUuid(`client-provisioner/webhook/${clientId}`);
}

/** The mark: which provisioning has made it. */
export function webhookNodeId(client: ClientOrder): string {
  return `prov-${client.provisioningId}`;
}

/** The id that names the call. Copies keep it, so only the oldest workflow of each call is no copy. */
export function answerNodeId(call: number): string {
  return call <= 1 ? 'answer' : `answer-${call}`;
}

/**
 * The workflow of a client: a webhook that takes POST and answers `{"ok":true}`.
 *
 * The webhook's `webhookId` keeps its URL free of the workflow's id. The response is a fixed text without `=`, so n8n
 * evaluates nothing in it; without `respondWith` the node would send the caller's own headers back.
 */
export function clientWorkflow(client: ClientOrder, call: number): NewWorkflow {
  const { clientId } = client;
  return {
    name: workflowName(clientId),
    nodes: [
      {
        id: webhookNodeId(client),
        name: 'Client webhook',
        type: 'n8n-nodes-base.webhook',
        typeVersion: 2.1,
        position: [260, 300],
        webhookId: webhookId(clientId),
        parameters: {
          httpMethod: 'POST',
          path: webhookPath(clientId),
          responseMode: 'responseNode',
          options: {},
        },
      },
      {
        id: answerNodeId(call),
        name: 'Answer',
        type: 'n8n-nodes-base.respondToWebhook',
        typeVersion: 1.5,
        position: [520, 300],
        parameters: { respondWith: 'json', responseBody: '{"ok":true}', options: { responseCode: 200 } },
      },
    ],
    connections: { 'Client webhook': { main: [[{ node: 'Answer', type: 'main', index: 0 }]] } },
    settings: { executionOrder: 'v1' },
  };
}

/** A UUID made from a name (RFC 9562 version 8: the hash is ours to choose). */
function stableUuid(name: string): string {
  const bytes = createHash('sha256').update(name).digest().subarray(0, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
