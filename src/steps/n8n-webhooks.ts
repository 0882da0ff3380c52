/** Step 5: an n8n workflow that answers the client's own webhook. */
import { z } from 'zod';
import { credential } from '../credential.ts';
import { NotYet, StepFailure } from '../errors.ts';
import { isClientName, providerNames } from '../names.ts';
import {
  isUnknownRoute,
  n8nClient,
  type ActivationVerb,
  type N8nWorkflow,
  type NewWorkflow,
} from '../providers/n8n.ts';
import type { Permit } from '../permit.ts';
import type { ClientOrder } from '../provisioning.ts';
import type { ReadOnly } from './check.ts';
import { n8nChecks } from './checks/n8n.ts';
import { provisioningOfMark } from './mark.ts';
import { hostUrl } from './provider-url.ts';
import {
  defineStep,
  type CallLimits,
  type Candidate,
  type Refusal,
  type ResourceType,
  type StepContext,
  type Verdict,
} from './step.ts';

const environment = z.object({
  N8N_API_KEY: credential,
  N8N_HOST: hostUrl,
  N8N_WEBHOOK_URL: hostUrl.optional(),
});

const output = z.object({ n8nWorkflowId: z.string(), n8nWebhookUrl: z.url() });
type Output = z.infer<typeof output>;

function connect(settings: z.infer<typeof environment>, limits: CallLimits) {
  return {
    n8n: n8nClient({
      host: settings.N8N_HOST,
      webhookHost: settings.N8N_WEBHOOK_URL ?? settings.N8N_HOST,
      apiKey: settings.N8N_API_KEY,
      ...limits,
    }),
    host: settings.N8N_HOST,
  };
}
type Providers = ReturnType<typeof connect>;
type Readers = ReadOnly<Providers>;

const webhookNodeId = (client: ClientOrder) => `prov-${client.id}`;

const workflow: ResourceType<Providers, Partial<Output>> = {
  kind: 'n8n.workflow',
  nameFor: (client) => providerNames(client.clientId).workflow,

  async find({ client, providers }, intent) {
    const { workflows, at } = await providers.n8n.listWorkflows();
    const { webhookPath } = providerNames(client.clientId);
    const isOurs = (found: N8nWorkflow) => found.nodes.some(({ id }) => id === webhookNodeId(client));
    // n8n lets two workflows have one name, and one webhook path as long as only one is published. What is archived
    // takes nothing from anybody, and if it is ours it is still to be known.
    const taken = workflows.filter(
      (found) =>
        (intent.mayExist && isOurs(found)) ||
        (!found.isArchived && (found.name === this.nameFor(client) || ownsPath(found, webhookPath))),
    );
    return {
      sightings: taken.map((found) => ({
        ...describe(providers, found),
        createdAt: found.createdAt,
        isOurs: isOurs(found),
      })),
      at,
    };
  },

  create: (permit, { client, providers }) => createN8NWorkflow(permit, providers, client),

  async read({ providers }, id) {
    return (await providers.n8n.findWorkflow(id)) === undefined ? 'absent' : 'present';
  },

  async proveSight({ providers }) {
    const sees = await providers.n8n.findOutSight();
    if (sees === 'all') return { sees };
    return {
      sees,
      why:
        sees === 'some'
          ? "the key belongs to a member, who is shown the workflows of the member's own projects"
          : 'this n8n does not tell whose workflows the key sees',
      whatToDo: 'Set N8N_API_KEY to a key of an owner or admin of the n8n instance.',
    };
  },

  async remove(permit, { providers }, id) {
    await providers.n8n.deleteWorkflow(permit, id);
  },

  judge({ status, providerText }) {
    if (status === 409 && /unpublish/i.test(providerText))
      return { is: 'too-early', waitingFor: 'the workflow to be unpublished' };
    return undefined;
  },

  search: {
    async list(providers) {
      const { workflows } = await providers.n8n.listWorkflows();
      return workflows.map((found) => candidateIn(providers, found)).filter((one) => one !== undefined);
    },
    async read(providers, id) {
      const found = await providers.n8n.findWorkflow(id);
      return found && candidateIn(providers, found);
    },
    async prepareRemoval({ n8n }, id, nextPermit) {
      if ((await n8n.findWorkflow(id))?.active !== true) return;
      try {
        await n8n.unpublishWorkflow(nextPermit(), id, 'publish');
      } catch (error) {
        if (!isUnknownRoute(error)) throw error;
        await n8n.unpublishWorkflow(nextPermit(), id, 'activate');
      }
    },
  },
};

function candidateIn(providers: Readers, found: N8nWorkflow): Candidate | undefined {
  const marks = found.nodes.map(({ id }) => provisioningOfMark(id ?? ''));
  const provisioningId = marks.find((mark) => mark !== undefined);
  if (provisioningId === undefined && !isClientName('workflow', found.name)) return undefined;
  const evidence = provisioningId === undefined ? 'name' : 'mark';
  return { ...describe(providers, found), createdAt: found.createdAt, evidence, provisioningId };
}

/** Makes the client's workflow: a webhook that takes POST and answers `{"ok":true}`. */
async function createN8NWorkflow(permit: Permit, providers: Providers, client: ClientOrder) {
  return describe(providers, await providers.n8n.createWorkflow(permit, clientWorkflow(client)));
}

/**
 * The workflow of a client.
 *
 * The webhook's `webhookId` keeps its URL free of the workflow's id. The response is a fixed text without `=`, so n8n
 * evaluates nothing in it; without `respondWith` the node would send the caller's own headers back.
 */
function clientWorkflow(client: ClientOrder): NewWorkflow {
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
        id: 'answer',
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

/** Publishes the workflow, in whichever form the server knows. */
async function activateN8NWorkflow(context: StepContext<Output, Providers>, id: string): Promise<void> {
  await switchWorkflow(context, id, true);
}

async function switchWorkflow(
  context: StepContext<Output, Providers>,
  id: string,
  isActive: boolean,
): Promise<void> {
  const { n8n } = context.providers;
  const attempt = (verb: ActivationVerb) =>
    context.change({
      name: `${isActive ? 'publish' : 'unpublish'} workflow ${id} (${verb})`,
      target: id,
      isRenewable: true,
      judge: judgeActivation,
      look: async () => ((await n8n.findWorkflow(id))?.active === isActive ? {} : undefined),
      send: async (permit) => {
        if (isActive) await n8n.publishWorkflow(permit, id, verb);
        else await n8n.unpublishWorkflow(permit, id, verb);
        return {};
      },
    });
  try {
    await attempt('publish');
  } catch (error) {
    if (!isUnknownRoute(error)) throw error;
    await attempt('activate');
  }
}

function judgeActivation({ status, providerText }: Refusal): Verdict | undefined {
  // The second wording is that of servers that register webhooks before they answer.
  const isTaken =
    (status === 409 && /conflict with one of the webhooks/i.test(providerText)) ||
    (status === 400 && /URL path .* already taken/i.test(providerText));
  return isTaken ? { is: 'name-taken' } : undefined;
}

function describe(providers: Readers, found: N8nWorkflow) {
  return {
    externalId: found.id,
    name: found.name,
    url: `${providers.host}/workflow/${encodeURIComponent(found.id)}`,
    output: { n8nWorkflowId: found.id },
  };
}

/** Whether one of its webhooks has that path. n8n ignores slashes around a path. */
function ownsPath({ nodes }: N8nWorkflow, webhookPath: string): boolean {
  return nodes.some(
    ({ type, parameters }) =>
      type === 'n8n-nodes-base.webhook' &&
      typeof parameters?.path === 'string' &&
      parameters.path.replace(/^\/+|\/+$/g, '') === webhookPath,
  );
}

export const n8nWebhooks = defineStep({
  name: 'n8n-webhooks',
  title: 'n8n webhook',
  environment,
  output,
  result: ['n8nWorkflowId', 'n8nWebhookUrl'],
  resources: [workflow],
  checks: n8nChecks,
  connect,

  async run(context) {
    const { n8n } = context.providers;
    const { webhookPath } = providerNames(context.client.clientId);
    const id = await context.create(workflow);
    await activateN8NWorkflow(context, id);
    if ((await n8n.readWebhook(webhookPath)) === 'unregistered')
      throw new NotYet('the webhook to be registered');
    // Two workflows published at the same instant are both told that they are live, and one is not.
    const { workflows } = await n8n.listWorkflows();
    const rival = workflows.find((found) => found.id !== id && found.active && ownsPath(found, webhookPath));
    if (rival !== undefined)
      throw new StepFailure('name-taken', `n8n workflow ${rival.id} is published with the same webhook path`);
    return { n8nWorkflowId: id, n8nWebhookUrl: n8n.webhookUrl(webhookPath) };
  },

  undo: (context) => context.remove(workflow, (id) => switchWorkflow(context, id, false)),
});
