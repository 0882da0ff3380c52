import { z } from 'zod';
import type { ObjectKind } from '../exchange.ts';
import type { Workflow } from '../n8n/state.ts';
import type { World } from '../world.ts';
import { createVariable } from '../vercel/state.ts';
import type { ProviderStates } from './objects.ts';

/** What a stranger's object may be given; each kind takes what concerns it. */
export const foreignDetails = z
  .object({
    /** When it was made; now, unless given. */
    createdAt: z.iso.datetime().describe('when it was made; default: now'),
    description: z.string().describe('github.repository'),
    private: z.boolean().describe('github.repository'),
    repository: z.string().describe('vercel.project: owner/name to link'),
    variableType: z.enum(['plain', 'sensitive']).describe('vercel.project: of its variables; default: plain'),
    variables: z.record(z.string(), z.string()).describe('vercel.project: plain variables'),
    projectId: z.string().describe('vercel.deployment: its project'),
    meta: z.record(z.string(), z.string()).describe('vercel.deployment'),
    active: z.boolean().describe('n8n.workflow: published and registered at once'),
    path: z.string().describe('n8n.workflow: path of its webhook'),
    nodeId: z.string().describe('n8n.workflow: id of its webhook node'),
    webhookId: z.string().describe('n8n.workflow: webhookId of its webhook node'),
    httpMethod: z.string().describe('n8n.workflow: method of its webhook; default: POST'),
    copyOf: z.string().describe('n8n.workflow: id of another one, whose nodes and connections it has'),
    shown: z
      .record(z.string(), z.unknown())
      .describe('n8n.workflow: fields that are answered in place of its own'),
    region: z.string().describe('supabase.project'),
    password: z.string().describe('supabase.project'),
  })
  .partial();

/** Details of a stranger's object. */
export type ForeignDetails = z.infer<typeof foreignDetails>;

function webhookNodes(path: string, { nodeId, webhookId, httpMethod = 'POST' }: ForeignDetails) {
  return [
    {
      id: nodeId ?? crypto.randomUUID(),
      name: 'Webhook',
      type: 'n8n-nodes-base.webhook',
      typeVersion: 2.1,
      position: [0, 0],
      webhookId: webhookId ?? crypto.randomUUID(),
      parameters: { httpMethod, path, options: {} },
    },
  ];
}

function registerNow(workflow: Workflow): void {
  for (const registration of workflow.registrations) registration.state = 'registered';
}

/** What all kinds are made from. */
interface Order {
  name: string;
  isForeign: true;
  createdAt: number;
}

type Maker = (
  order: Order,
  details: ForeignDetails,
  states: ProviderStates,
  world: World,
) => string | Promise<string>;

const makers: Record<ObjectKind, Maker> = {
  async 'supabase.project'(order, { region = 'us-east-1', password }, states) {
    const project = states.supabase.create({
      ...order,
      region,
      ...(password === undefined ? {} : { password }),
    });
    await project.built;
    return project.id;
  },
  'github.repository': (order, { description = null, private: isPrivate = true }, states) =>
    states.github.create({ ...order, description, isPrivate }).id,
  'vercel.project'(order, details, states, world) {
    const repository = states.github.findByName(details.repository?.split('/').at(-1) ?? '');
    const link = repository && {
      repoId: Number(repository.id),
      repository: `${world.organization}/${repository.name}`,
    };
    const project = states.vercel.create({ ...order, accountId: world.teamId, link });
    project.variables = Object.entries(details.variables ?? {}).map(([key, value]) =>
      createVariable({
        key,
        value,
        type: details.variableType ?? 'plain',
        target: ['production', 'preview'],
      }),
    );
    return project.id;
  },
  'vercel.deployment'(_order, { projectId = '', meta = {} }, states) {
    const project = states.vercel.projects.get(projectId);
    if (project === undefined) throw new Error('details.projectId must name a project');
    const commit = { ref: 'main', sha: '0'.repeat(40) };
    return states.vercel.deploy(project, { ...commit, meta, target: 'production', isForeign: true }).id;
  },
  'n8n.workflow'(order, details, states) {
    const { active = false, path, shown = {}, copyOf = '' } = details;
    const { nodes, connections } = states.n8n.workflows.get(copyOf) ?? {
      nodes: path === undefined ? [] : webhookNodes(path, details),
      connections: {},
    };
    const workflow = states.n8n.create({ ...order, nodes, connections, settings: {}, shown });
    if (active) {
      states.n8n.publish(workflow);
      registerNow(workflow);
    }
    return workflow.id;
  },
};

/** Makes an object that no API call made; answers its id. */
export async function createForeignObject(
  world: World,
  states: ProviderStates,
  kind: ObjectKind,
  name: string,
  details: ForeignDetails,
): Promise<string> {
  const createdAt = details.createdAt === undefined ? Date.now() : Date.parse(details.createdAt);
  return makers[kind]({ name, isForeign: true, createdAt }, details, states, world);
}
