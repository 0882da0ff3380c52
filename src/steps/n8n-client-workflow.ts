/** The content of a client's workflow, and what in it tells whose it is. */
import { providerNames } from '../names.ts';
import type { NewWorkflow } from '../providers/n8n.ts';
import type { ClientOrder } from '../provisioning.ts';

/** The mark: which provisioning has made it. */
export function webhookNodeId(client: ClientOrder): string {
  return `prov-${client.provisioningId}`;
}

/** Which call has made it: a copy keeps that too, so of each call only the oldest is no copy. */
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
  const names = providerNames(client.clientId);
  return {
    name: names.workflow,
    nodes: [
      {
        id: webhookNodeId(client),
        name: 'Client webhook',
        type: 'n8n-nodes-base.webhook',
        typeVersion: 2.1,
        position: [260, 300],
        webhookId: names.webhookId,
        parameters: {
          httpMethod: 'POST',
          path: names.webhookPath,
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
