import { setTimeout as delay } from 'node:timers/promises';
import { json, parameter, type Answer, type Operation, type ProviderRequest } from '../exchange.ts';
import type { World } from '../world.ts';
import { workflowBody } from './answers.ts';
import { webhooksOf } from './registrations.ts';
import type { N8nState, Workflow } from './state.ts';

const noTrigger =
  'Workflow cannot be activated because it has no trigger node. At least one trigger, webhook, or polling node is required.';

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

function hasConflict(workflow: Workflow, state: N8nState): boolean {
  const wanted = webhooksOf(workflow);
  return state.workflows
    .all()
    .filter((other) => other !== workflow && other.isActive)
    .flatMap(webhooksOf)
    .some((taken) => wanted.some(({ path, method }) => taken.path === path && taken.method === method));
}

const changed = (workflow: Workflow): Answer =>
  json(200, workflowBody(workflow), {
    kind: 'changed',
    objectKind: 'n8n.workflow',
    objectId: workflow.id,
  });

/** Publish and unpublish, in both generations' words. Both answer before they have taken effect. */
export function publicationOperations(world: World, state: N8nState): Operation[] {
  const find = (request: ProviderRequest): Workflow | undefined =>
    state.workflows.get(parameter(request, 'id'), request.view);

  async function publish(request: ProviderRequest): Promise<Answer> {
    const workflow = find(request);
    if (workflow === undefined) return forbidden('activate');
    const problem = problemOf(workflow);
    if (problem !== undefined) return json(400, { message: problem });
    const isTaken = hasConflict(workflow, state);
    await delay(world.switches.timing.publishBlindMs);
    if (isTaken) return json(409, { message: 'There is a conflict with one of the webhooks.' });
    if (state.workflows.get(workflow.id) === undefined) return forbidden('activate');
    state.publish(workflow);
    return changed(workflow);
  }
  function unpublish(request: ProviderRequest): Answer {
    const workflow = find(request);
    if (workflow === undefined) return forbidden('deactivate');
    state.unpublish(workflow);
    return changed(workflow);
  }
  const deprecated = (answer: Answer): Answer =>
    world.n8nGeneration === 'publish'
      ? { ...answer, headers: { ...answer.headers, deprecation: '@1784764800' } }
      : answer;
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
  if (world.n8nGeneration === 'activate') return activation;
  return [
    { name: 'publishWorkflow', method: 'POST', path: path('publish'), handle: publish },
    { name: 'unpublishWorkflow', method: 'POST', path: path('unpublish'), handle: unpublish },
    ...activation,
  ];
}
