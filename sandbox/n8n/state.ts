import { randomAlphanumeric } from '../random.ts';
import { createStore, type Store, type StoredObject } from '../store.ts';
import { removalMs, type World } from '../world.ts';
import { createRegistrations, type Registration, type Registrations } from './registrations.ts';

/** A node as it was sent. */
export interface WorkflowNode {
  id?: string | undefined;
  name?: string | undefined;
  type?: string | undefined;
  typeVersion?: number | undefined;
  webhookId?: string | undefined;
  disabled?: boolean | undefined;
  parameters?: Record<string, unknown> | undefined;
  [field: string]: unknown;
}

/** The parts of a workflow that a caller decides. */
export interface WorkflowContent {
  name: string;
  nodes: WorkflowNode[];
  connections: Record<string, unknown>;
  settings: Record<string, unknown>;
}

/** A workflow. */
export interface Workflow extends StoredObject, WorkflowContent {
  staticData: unknown;
  isActive: boolean;
  isArchived: boolean;
  versionId: string;
  activeVersionId: string | null;
  updatedAt: number;
  activatedAt: number;
  versionCounter: number;
  /** Counts up with the first registration and never down. */
  triggerCount: number;
  registrations: Registration[];
  /** How often a webhook of it was run. */
  executions: number;
  /** Fields that are answered in place of its own, whatever the API would have taken. */
  shown: Readonly<Record<string, unknown>>;
}

/** The parts that a new workflow is made from. */
export interface WorkflowOrder extends WorkflowContent {
  staticData?: unknown;
  isForeign?: boolean;
  createdAt?: number;
  shown?: Readonly<Record<string, unknown>>;
}

/** The n8n side of a sandbox. */
export interface N8nState {
  readonly workflows: Store<Workflow>;
  readonly registrations: Registrations;
  create(order: WorkflowOrder): Workflow;
  /** Takes a new version of the content. */
  update(workflow: Workflow, content: WorkflowContent): void;
  /** Marks it active at once; its webhooks are served later. */
  publish(workflow: Workflow): void;
  /** Marks it inactive at once; its webhooks are served a little longer. */
  unpublish(workflow: Workflow): void;
  remove(workflow: Workflow): void;
  clear(): void;
}

/** Fills in what the server makes: node ids and webhook ids. */
function completed(nodes: WorkflowNode[]): WorkflowNode[] {
  return nodes.map((node) => ({
    ...node,
    id: node.id ?? crypto.randomUUID(),
    ...(node.type === 'n8n-nodes-base.webhook' ? { webhookId: node.webhookId ?? crypto.randomUUID() } : {}),
  }));
}

function createWorkflow(order: WorkflowOrder): Workflow {
  const {
    nodes,
    staticData = null,
    isForeign = false,
    createdAt = Date.now(),
    shown = {},
    ...content
  } = order;
  return {
    ...content,
    nodes: completed(nodes),
    staticData,
    isForeign,
    createdAt,
    id: randomAlphanumeric(16),
    isActive: false,
    isArchived: false,
    versionId: crypto.randomUUID(),
    activeVersionId: null,
    updatedAt: createdAt,
    activatedAt: 0,
    versionCounter: 1,
    triggerCount: 0,
    registrations: [],
    executions: 0,
    shown,
  };
}

/** No workflows yet. */
export function createN8nState(world: World): N8nState {
  const workflows = createStore<Workflow>({ removalMs: () => removalMs(world, 'n8n.workflow') });
  const registrations = createRegistrations(world, workflows);
  return {
    workflows,
    registrations,
    create(order) {
      const workflow = createWorkflow(order);
      workflows.add(workflow);
      return workflow;
    },
    update(workflow, { nodes, ...content }) {
      Object.assign(workflow, content, { nodes: completed(nodes) });
      workflow.versionId = crypto.randomUUID();
      workflow.versionCounter += 1;
      workflow.updatedAt = Date.now();
    },
    publish(workflow) {
      workflow.isActive = true;
      workflow.activeVersionId = workflow.versionId;
      workflow.activatedAt = Date.now();
      registrations.publish(workflow);
    },
    unpublish(workflow) {
      workflow.isActive = false;
      workflow.activeVersionId = null;
      registrations.unpublish(workflow);
    },
    remove(workflow) {
      workflow.removedAt ??= Date.now();
    },
    clear: () => workflows.clear(),
  };
}
