import { json, parameter, type Answer, type Operation, type ProviderRequest } from '../exchange.ts';
import type { World } from '../world.ts';
import { workflowBody } from './answers.ts';
import { isShared, listWorkflows } from './find.ts';
import { parseWorkflow } from './requests.ts';
import type { N8nState, Workflow } from './state.ts';

const notFound = (): Answer => json(404, { message: 'Not Found' });

function effectOn(workflow: Workflow, kind: 'created' | 'changed' | 'deleted') {
  return { kind, objectKind: 'n8n.workflow', objectId: workflow.id } as const;
}

function create(request: ProviderRequest, state: N8nState): Answer {
  const parsed = parseWorkflow(request.body);
  if ('problem' in parsed) return json(400, { message: parsed.problem });
  const workflow = state.create(parsed.workflow);
  // The real one answers 200 too, not 201.
  return json(200, workflowBody(workflow), effectOn(workflow, 'created'));
}

function replace(workflow: Workflow, request: ProviderRequest, state: N8nState): Answer {
  const parsed = parseWorkflow(request.body);
  if ('problem' in parsed) return json(400, { message: parsed.problem });
  state.update(workflow, parsed.workflow);
  if (workflow.isActive && request.query.get('publishIfActive') !== 'false') state.publish(workflow);
  return json(200, workflowBody(workflow), effectOn(workflow, 'changed'));
}

function remove(workflow: Workflow, world: World, state: N8nState): Answer {
  if (world.switches.refusedDeletes.has('n8n.workflow')) return json(403, { message: 'Forbidden' });
  if (workflow.isActive && world.n8n.version !== '2.33') state.unpublish(workflow);
  if (workflow.isActive) {
    return json(409, { message: 'Cannot delete a published workflow. Unpublish it before deleting.' });
  }
  if (state.registrations.isServed(workflow)) {
    return json(409, {
      message: 'Workflow is still being unpublished. Please try again in a few moments.',
    });
  }
  const isFirst = workflow.removedAt === undefined;
  state.remove(workflow);
  return json(200, workflowBody(workflow), isFirst ? effectOn(workflow, 'deleted') : undefined);
}

type OfWorkflow = (
  name: string,
  method: string,
  handle: (workflow: Workflow) => Answer,
  path: string,
) => Operation;

/** Reading one version: since 1.123, and what makes an unknown POST below a workflow a 405. */
function versionOperations(world: World, ofWorkflow: OfWorkflow): Operation[] {
  if (world.n8n.version === '1.122') return [];
  const readVersion = () => json(404, { message: 'Version not found' });
  return [ofWorkflow('getWorkflowVersion', 'GET', readVersion, '/:versionId')];
}

/** Create, read, list, replace, archive and delete. */
export function workflowOperations(world: World, state: N8nState): Operation[] {
  const ofWorkflow = (
    name: string,
    method: string,
    handle: (workflow: Workflow, request: ProviderRequest) => Answer,
    path = '',
    unknown = notFound,
  ): Operation => ({
    name,
    method,
    path: `/api/v1/workflows/:id${path}`,
    handle(request) {
      const id = parameter(request, 'id');
      const workflow = state.workflows.get(id, request.view);
      // The check of a member's rights comes before the look, and tells what is not there from what is not shared.
      const isOwner = world.switches.accounts.n8nRole === 'owner' && !world.switches.blind.has('n8n');
      if (workflow === undefined && !isOwner)
        return json(404, { message: `Workflow with ID "${id}" not found.` });
      if (workflow === undefined) return unknown();
      return isShared(workflow, world) ? handle(workflow, request) : json(403, { message: 'Forbidden' });
    },
  });
  return [
    {
      name: 'createWorkflow',
      method: 'POST',
      path: '/api/v1/workflows',
      handle: (request) => create(request, state),
    },
    {
      name: 'listWorkflows',
      method: 'GET',
      path: '/api/v1/workflows',
      handle: (request) => listWorkflows(request, state, world),
    },
    ofWorkflow('getWorkflow', 'GET', (workflow) => json(200, workflowBody(workflow))),
    ofWorkflow(
      'replaceWorkflow',
      'PUT',
      (workflow, request) => replace(workflow, request, state),
      '',
      () =>
        json(404, {
          message: 'You do not have permission to update this workflow. Ask the owner to share it with you.',
        }),
    ),
    ...versionOperations(world, ofWorkflow),
    ofWorkflow('deleteWorkflow', 'DELETE', (workflow) => remove(workflow, world, state)),
    ofWorkflow(
      'archiveWorkflow',
      'POST',
      (workflow) => {
        state.unpublish(workflow);
        workflow.isArchived = true;
        return json(200, workflowBody(workflow), effectOn(workflow, 'changed'));
      },
      '/archive',
    ),
  ];
}
