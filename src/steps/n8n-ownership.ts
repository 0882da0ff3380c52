/** Tells our workflows from foreign ones, and from copies that somebody has made of ours. Pure. */
import type { N8nWorkflow } from '../providers/n8n-workflow.ts';
import type { ClientOrder } from '../provisioning.ts';
import { provisioningOfMark } from './mark.ts';
import { isClientName } from './client-name.ts';
import { webhookId, webhookNodeId, webhookPath, workflowName } from './n8n-client-workflow.ts';
import type { OrphanCandidate, Intent } from './step.ts';

/**
 * Ids of the workflows that are recorded, or that a call of ours in doubt may have made.
 *
 * A copy keeps our node's id. The editor gives it a name of its own, so a workflow of another name is ours only where
 * nothing of the right name is: then somebody has renamed it. One of the right name is told from ours by its call.
 */
export function oursAmong(
  workflows: readonly N8nWorkflow[],
  client: ClientOrder,
  { mayExist, recorded }: Intent,
): ReadonlySet<string> {
  const nodeId = webhookNodeId(client);
  const hookId = webhookId(client.clientId);
  const marked = workflows.filter(({ webhooks }) =>
    webhooks.some((node) => node.id === nodeId && node.webhookId === hookId),
  );
  const named = marked.filter(({ name }) => name === workflowName(client.clientId));
  const renamed = named.length === 0 && recorded.length === 0 ? marked : [];
  const made = mayExist ? [...named, ...renamed] : [];
  return new Set([...recorded, ...made.map(({ id }) => id)]);
}

/**
 * Ours, and whatever has the name or the webhook path of the client.
 *
 * n8n lets two workflows have one name, and one webhook path as long as only one is published. An archived
 * workflow takes nothing from anybody; one of ours is still reported.
 */
export function takenFrom(
  workflows: readonly N8nWorkflow[],
  client: ClientOrder,
  host: string,
  ours: ReadonlySet<string>,
) {
  const name = workflowName(client.clientId);
  const path = webhookPath(client.clientId);
  return workflows.flatMap((found) => {
    const isOurs = ours.has(found.id);
    const hasName = !found.isArchived && found.name === name;
    const hasPath = !found.isArchived && ownsPath(found, path);
    if (!isOurs && !hasName && !hasPath) return [];
    const occupies = hasName ? 'the name' : `the webhook path "${path}"`;
    const { createdAt, answerId: madeBy } = found;
    return { ...describe(host, found), createdAt, isOurs, occupies, madeBy };
  });
}

/**
 * The workflow, if it looks like ours, without knowing any client.
 *
 * The mark counts where name and webhook are those that go with it. Under another name it is a copy, or ours renamed:
 * nobody can tell them apart by looking at one.
 */
export function candidateIn(host: string, found: N8nWorkflow): OrphanCandidate | undefined {
  const isNamed = isClientName(workflowName, found.name);
  const marked = found.webhooks.find(({ id }) => provisioningOfMark(id ?? '') !== undefined);
  if (marked === undefined && !isNamed) return undefined;
  const isWhole = isNamed && marked !== undefined && isWebhookOf(found.name, marked.webhookId);
  return {
    ...describe(host, found),
    createdAt: found.createdAt,
    evidence: isWhole ? 'mark' : 'name',
    provisioningId: provisioningOfMark(marked?.id ?? ''),
  };
}

/** True where the client whose workflow has that name has that webhook. */
function isWebhookOf(name: string, id: string | undefined): boolean {
  const clientId = name.slice(workflowName('').length);
  return webhookId(clientId) === id;
}

/** As the ledger records it. */
export function describe(host: string, found: { readonly id: string; readonly name: string }) {
  return {
    externalId: found.id,
    name: found.name,
    url: urlOf(host, found.id),
    output: { n8nWorkflowId: found.id },
  };
}

/** Where a person finds it. */
export function urlOf(host: string, id: string): string {
  return `${host}/workflow/${encodeURIComponent(id)}`;
}

/** True where one of its webhooks has that path. */
export function ownsPath({ webhooks }: N8nWorkflow, wanted: string): boolean {
  return webhooks.some(({ path }) => path === wanted);
}
