import type { Workflow } from './state.ts';

const projectId = 'sandboxProject01';

function versionBody(workflow: Workflow) {
  if (workflow.activeVersionId === null) return null;
  const activatedAt = new Date(workflow.activatedAt).toISOString();
  return {
    versionId: workflow.activeVersionId,
    workflowId: workflow.id,
    nodes: workflow.nodes,
    connections: workflow.connections,
    nodeGroups: [],
    authors: 'Sandbox User',
    name: null,
    description: null,
    autosaved: false,
    createdAt: activatedAt,
    updatedAt: activatedAt,
  };
}

function listFields(workflow: Workflow) {
  const createdAt = new Date(workflow.createdAt).toISOString();
  return {
    id: workflow.id,
    name: workflow.name,
    active: workflow.isActive,
    activeVersionId: workflow.activeVersionId,
    createdAt,
    updatedAt: new Date(workflow.updatedAt).toISOString(),
    isArchived: workflow.isArchived,
    versionId: workflow.versionId,
    triggerCount: workflow.triggerCount,
    nodes: workflow.nodes,
    connections: workflow.connections,
    nodeGroups: [],
    settings: workflow.settings,
    staticData: workflow.staticData,
    meta: null,
  };
}

function sharedBody(workflow: Workflow) {
  const createdAt = new Date(workflow.createdAt).toISOString();
  return { role: 'workflow:owner', workflowId: workflow.id, projectId, createdAt, updatedAt: createdAt };
}

const owningProject = {
  id: projectId,
  name: 'Sandbox User <sandbox@example.com>',
  type: 'personal',
  icon: null,
  description: null,
  customTelemetryTags: [],
  creatorId: null,
  createdAt: '2026-01-01T00:00:00.000Z',
  updatedAt: '2026-01-01T00:00:00.000Z',
};

/** A row of the list; it lacks `description` and `versionCounter`. */
export function listedWorkflow(workflow: Workflow) {
  return {
    ...listFields(workflow),
    shared: [sharedBody(workflow)],
    activeVersion: versionBody(workflow),
    tags: [],
    ...workflow.shown,
  };
}

/** A workflow in full. */
export function workflowBody(workflow: Workflow) {
  const version = versionBody(workflow);
  return {
    ...listFields(workflow),
    description: null,
    versionCounter: workflow.versionCounter,
    sourceWorkflowId: null,
    shared: [{ ...sharedBody(workflow), project: owningProject }],
    activeVersion: version === null ? null : { ...version, workflowPublishHistory: [] },
    parentFolder: null,
    tags: [],
    ...workflow.shown,
  };
}
