import { setTimeout as delay } from 'node:timers/promises';
import { json, parameter, type Answer, type Operation, type ProviderRequest } from '../exchange.ts';
import type { World } from '../world.ts';
import { workflowBody } from './answers.ts';
import { webhooksOf } from './registrations.ts';
import type { N8nState, Workflow } from './state.ts';

const noTrigger =
  'Workflow cannot be activated because it has no trigger node. At least one trigger, webhook, or polling node is required.';

const pathTaken = (node: string) =>
  `The URL path that the "${node}" node uses is already taken. Please change it to something else.`;

function forbidden(verb: string): Answer {
  return json(404, {
    message: `You do not have permission to ${verb} this workflow. Ask the owner to share it with you.`,
  });
}

function isTrigger(type: string): boolean {
  return type === 'n8n-nodes-base.webhook' || /trigger$/i.test(type);
}

/** Why a workflow cannot be published, if it cannot. */
function problemOf(workflow: Workflow): string | undefined {
  if (workflow.isArchived) return 'Cannot activate an archived workflow.';
  const unknown = workflow.nodes.find(({ type = '' }) => !/^(n8n-nodes-base|@n8n\/[\w-]+)\.\w+$/.test(type));
  if (unknown !== undefined) return `Unrecognized node type: ${unknown.type ?? ''}`;
  const hasTrigger = workflow.nodes.some(({ type = '', disabled }) => disabled !== true && isTrigger(type));
  return hasTrigger ? undefined : noTrigger;
}

/** The node whose path and method another live workflow has. */
function nodeInConflict(workflow: Workflow, state: N8nState): string | undefined {
  const taken = state.workflows
    .all()
    .filter((other) => other !== workflow && other.isActive)
    .flatMap(webhooksOf);
  return webhooksOf(workflow).find((wanted) =>
    taken.some(({ path, method }) => wanted.path === path && wanted.method === method),
  )?.node;
}

const changed = (workflow: Workflow): Answer =>
  json(200, workflowBody(workflow), {
    kind: 'changed',
    objectKind: 'n8n.workflow',
    objectId: workflow.id,
  });

/**
 * Publish and unpublish, in the words of each generation.
 *
 * The newest answers before they have taken effect. An older one registers first, and does nothing about what is live.
 */
export function publicationOperations(world: World, state: N8nState): Operation[] {
  const isNewest = world.n8n.version === '2.33';
  const unknown = (verb: string) => (isNewest ? forbidden(verb) : json(404, { message: 'Not Found' }));
  const find = (request: ProviderRequest): Workflow | undefined =>
    state.workflows.get(parameter(request, 'id'), request.view);

  async function publish(request: ProviderRequest): Promise<Answer> {
    const workflow = find(request);
    if (workflow === undefined) return unknown('activate');
    if (!isNewest && workflow.isActive) return changed(workflow);
    const problem = problemOf(workflow);
    if (problem !== undefined) return json(400, { message: problem });
    const conflict = nodeInConflict(workflow, state);
    await delay(world.switches.timing.publishBlindMs);
    if (conflict !== undefined && !isNewest) return json(400, { message: pathTaken(conflict) });
    if (conflict !== undefined)
      return json(409, { message: 'There is a conflict with one of the webhooks.' });
    if (state.workflows.get(workflow.id) === undefined) return forbidden('activate');
    state.publish(workflow);
    return changed(workflow);
  }
  function unpublish(request: ProviderRequest): Answer {
    const workflow = find(request);
    if (workflow === undefined) return unknown('deactivate');
    state.unpublish(workflow);
    return changed(workflow);
  }
  const deprecated = (answer: Answer): Answer =>
    isNewest ? { ...answer, headers: { ...answer.headers, deprecation: '@1784764800' } } : answer;
  const path = (verb: string): string => `/api/v1/workflows/:id/${verb}`;
  const activation: Operation[] = [
    {
      name: 'activateWorkflow',
      method: 'POST',
      path: path('activate'),
      handle: async (request) => deprecated(await publish(request)),
    },
    {
      name: 'deactivateWorkflow',
      method: 'POST',
      path: path('deactivate'),
      handle: (request) => deprecated(unpublish(request)),
    },
  ];
  if (!isNewest) return activation;
  return [
    { name: 'publishWorkflow', method: 'POST', path: path('publish'), handle: publish },
    { name: 'unpublishWorkflow', method: 'POST', path: path('unpublish'), handle: unpublish },
    ...activation,
  ];
}
