/** Step 5: an n8n workflow that answers the client's own webhook. */
import { z } from 'zod';
import { NotYet, StepFailure, type WaitFailure } from '../errors.ts';
import { isClientName, providerNames } from '../names.ts';
import type { N8nWorkflow } from '../providers/n8n-workflow.ts';
import type { WebhookState } from '../providers/n8n-webhook.ts';
import { inWordsOfServer, n8nClient, type ActivationWords, type NewWorkflow } from '../providers/n8n.ts';
import type { Permit } from '../permit.ts';
import type { ClientOrder } from '../provisioning.ts';
import type { ReadOnly } from './check.ts';
import { n8nChecks } from './checks/n8n.ts';
import { provisioningOfMark } from './mark.ts';
import { misplacedWebhook, n8nEnvironment } from './n8n-environment.ts';
import {
  defineStep,
  type CallLimits,
  type Candidate,
  type Intent,
  type Refusal,
  type ResourceType,
  type StepContext,
  type Verdict,
} from './step.ts';

const output = z.object({ n8nWorkflowId: z.string(), n8nWebhookUrl: z.url() });
type Output = z.infer<typeof output>;

function connect(settings: z.infer<typeof n8nEnvironment>, limits: CallLimits) {
  const webhookHost = settings.N8N_WEBHOOK_URL ?? settings.N8N_HOST;
  return {
    n8n: n8nClient({
      host: settings.N8N_HOST,
      webhookBase: `${webhookHost}/${settings.N8N_WEBHOOK_PATH}`,
      apiKey: settings.N8N_API_KEY,
      basicAuth: settings.N8N_BASIC_AUTH,
      ...limits,
    }),
    host: settings.N8N_HOST,
    /** A publication takes seconds. One that takes longer than a call may is lost. */
    publicationMs: limits.timeoutMs,
  };
}
type Providers = ReturnType<typeof connect>;
type Readers = ReadOnly<Providers>;
type Context = StepContext<Output, Providers>;

const webhookNodeId = (client: ClientOrder) => `prov-${client.id}`;

const workflow: ResourceType<Providers, Partial<Output>> = {
  kind: 'n8n.workflow',
  nameFor: (client) => providerNames(client.clientId).workflow,

  async find({ client, providers }, intent) {
    const { workflows, at } = await providers.n8n.listWorkflows();
    const ours = oursAmong(workflows, client, intent);
    return { sightings: takenFrom(workflows, client, providers, ours), at };
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
      const found = await providers.n8n.describeWorkflow(id);
      return found && candidateIn(providers, found);
    },
    async prepareRemoval({ n8n }, id, nextPermit) {
      if ((await n8n.findWorkflow(id))?.active !== true) return;
      await inWordsOfServer('publish', (words) => n8n.unpublishWorkflow(nextPermit(), id, words));
    },
  },
};

/**
 * Ids of what a call of ours in doubt may have made, and of what is recorded.
 *
 * A copy keeps our node's id, and gets a name of its own. So a workflow of another name is ours only where nothing of
 * the right name is: then somebody has renamed it.
 */
function oursAmong(
  workflows: readonly N8nWorkflow[],
  client: ClientOrder,
  { mayExist, recorded }: Intent,
): ReadonlySet<string> {
  const names = providerNames(client.clientId);
  const marked = workflows.filter(({ webhooks }) =>
    webhooks.some(({ id, webhookId }) => id === webhookNodeId(client) && webhookId === names.webhookId),
  );
  const named = marked.filter(({ name }) => name === names.workflow);
  const renamed = named.length === 0 && recorded.length === 0 ? marked : [];
  const made = mayExist ? [...named, ...renamed] : [];
  return new Set([...recorded, ...made.map(({ id }) => id)]);
}

/**
 * Ours, and whatever has the name or the webhook path of the client.
 *
 * n8n lets two workflows have one name, and one webhook path as long as only one is published. What is archived takes
 * nothing from anybody, and if it is ours it is still to be known.
 */
function takenFrom(
  workflows: readonly N8nWorkflow[],
  client: ClientOrder,
  providers: Readers,
  ours: ReadonlySet<string>,
) {
  const names = providerNames(client.clientId);
  return workflows.flatMap((found) => {
    const isOurs = ours.has(found.id);
    const hasName = !found.isArchived && found.name === names.workflow;
    const hasPath = !found.isArchived && ownsPath(found, names.webhookPath);
    if (!isOurs && !hasName && !hasPath) return [];
    const takes = hasName ? 'the name' : `the webhook path "${names.webhookPath}"`;
    return { ...describe(providers, found), createdAt: found.createdAt, isOurs, takes };
  });
}

/**
 * What looks like ours, without knowing any client.
 *
 * The mark counts where name and webhook are those that go with it. Under another name it is a copy, or ours renamed:
 * nobody can tell them apart by looking at one.
 */
function candidateIn(providers: Readers, found: N8nWorkflow): Candidate | undefined {
  const isNamed = isClientName('workflow', found.name);
  const marked = found.webhooks.find(({ id }) => provisioningOfMark(id ?? '') !== undefined);
  if (marked === undefined && !isNamed) return undefined;
  const isWhole = isNamed && marked !== undefined && isWebhookOf(found.name, marked.webhookId);
  return {
    ...describe(providers, found),
    createdAt: found.createdAt,
    evidence: isWhole ? 'mark' : 'name',
    provisioningId: provisioningOfMark(marked?.id ?? ''),
  };
}

/** Whether the client whose workflow has that name has that webhook. */
function isWebhookOf(name: string, webhookId: string | undefined): boolean {
  const clientId = name.slice(providerNames('').workflow.length);
  return providerNames(clientId).webhookId === webhookId;
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

/** Publishes the workflow. A path that is taken is the fault of whoever has it. */
async function publish(context: Context, id: string): Promise<void> {
  try {
    await switchWorkflow(context, id, 'publish');
  } catch (error) {
    if (error instanceof StepFailure && error.code === 'name-taken')
      await refuseRivals(context, id, () => true);
    throw error;
  }
}

/**
 * Publishes anew what was published and is not served, once. Returns whether that is done, now or before.
 *
 * A publication can be lost for good: to another one at the same instant, or to a restart. An old server does nothing
 * about what is published already, so it is unpublished first. Once that is recorded no run does it again. It takes the
 * old words first, so that an undo, which takes the new ones first, has an effect of its own.
 */
async function publishAnew(context: Context, id: string): Promise<boolean> {
  const { n8n, publicationMs } = context.providers;
  const found = await n8n.findWorkflow(id);
  if (found?.active !== true || (found.unchangedMs ?? 0) < publicationMs) return false;
  await switchWorkflow(context, id, 'unpublish', { first: 'activate', isRenewable: false });
  await publish(context, id);
  return true;
}

/** The failure of a step that has waited for the webhook in vain. */
function neverServed({ client, providers }: Context, id: string, isRenewed: boolean): WaitFailure {
  const { webhookPath } = providerNames(client.clientId);
  const also = isRenewed ? ', also after it was published anew' : '';
  return {
    code: 'not-ready-in-time',
    message: `n8n has workflow ${id} as published and does not serve its webhook "${webhookPath}"${also} (${urlOf(providers, id)})`,
    whatToDo:
      "Look for the workflow's activation in n8n's log. If n8n runs webhook processors, check that N8N_WEBHOOK_URL leads to them. Restart n8n if nothing else helps.",
  };
}

/** Publishes or unpublishes, in whichever words the server knows. */
async function switchWorkflow(
  context: Context,
  id: string,
  act: 'publish' | 'unpublish',
  how: { readonly first: ActivationWords; readonly isRenewable: boolean } = {
    first: 'publish',
    isRenewable: true,
  },
): Promise<void> {
  const { n8n } = context.providers;
  const isActive = act === 'publish';
  await inWordsOfServer(how.first, (words) =>
    context.change({
      name: `${act} workflow ${id} (${words})`,
      target: id,
      isRenewable: how.isRenewable,
      judge: judgeActivation,
      look: async () => ((await n8n.findWorkflow(id))?.active === isActive ? {} : undefined),
      send: async (permit) => {
        if (isActive) await n8n.publishWorkflow(permit, id, words);
        else await n8n.unpublishWorkflow(permit, id, words);
        return {};
      },
    }),
  );
}

function judgeActivation({ status, providerText }: Refusal): Verdict | undefined {
  // The second wording is that of servers that register webhooks before they answer.
  const isTaken =
    (status === 409 && /conflict with one of the webhooks/i.test(providerText)) ||
    (status === 400 && /URL path .* already taken/i.test(providerText));
  return isTaken ? { is: 'name-taken' } : undefined;
}

/** Fails the step where another workflow has the client's webhook path, and lists that. */
async function refuseRivals(
  context: Context,
  id: string,
  counts: (rival: N8nWorkflow) => boolean = ({ active }) => active,
): Promise<void> {
  const { client, providers } = context;
  const { workflows } = await providers.n8n.listWorkflows();
  const { webhookPath } = providerNames(client.clientId);
  const rivals = workflows.filter(
    (found) => found.id !== id && !found.isArchived && counts(found) && ownsPath(found, webhookPath),
  );
  if (rivals.length === 0) return;
  throw await context.reportForeign(workflow, takenFrom(rivals, client, providers, new Set()));
}

/** Whether the webhook is registered, without running anybody's workflow. */
async function lookAtWebhook(context: Context, id: string): Promise<WebhookState> {
  const { n8n } = context.providers;
  const { webhookPath } = providerNames(context.client.clientId);
  const told = await n8n.readWebhook(webhookPath);
  if (told.is !== 'untold') return told;
  // A GET would run what is registered for GET.
  await refuseRivals(context, id);
  return n8n.askWebhook(webhookPath);
}

function describe(providers: Readers, found: { readonly id: string; readonly name: string }) {
  return {
    externalId: found.id,
    name: found.name,
    url: urlOf(providers, found.id),
    output: { n8nWorkflowId: found.id },
  };
}

/** Where a person finds it. */
function urlOf({ host }: Readers, id: string): string {
  return `${host}/workflow/${encodeURIComponent(id)}`;
}

/** Whether one of its webhooks has that path. */
function ownsPath({ webhooks }: N8nWorkflow, webhookPath: string): boolean {
  return webhooks.some(({ path }) => path === webhookPath);
}

export const n8nWebhooks = defineStep({
  name: 'n8n-webhooks',
  title: 'n8n webhook',
  environment: n8nEnvironment,
  output,
  result: ['n8nWorkflowId', 'n8nWebhookUrl'],
  resources: [workflow],
  checks: n8nChecks,
  connect,

  async run(context) {
    const { n8n } = context.providers;
    const { webhookPath } = providerNames(context.client.clientId);
    const id = await context.create(workflow);
    await publish(context, id);
    const webhook = await lookAtWebhook(context, id);
    if (webhook.is === 'misplaced')
      throw new StepFailure('verification-failed', misplacedWebhook(webhook.extra));
    if (webhook.is !== 'registered') {
      const isRenewed = await publishAnew(context, id);
      const atDeadline = neverServed(context, id, isRenewed);
      throw new NotYet('the webhook to be registered', { atDeadline });
    }
    // Two workflows published at the same instant are both told that they are live, and one is not.
    await refuseRivals(context, id);
    return { n8nWorkflowId: id, n8nWebhookUrl: n8n.webhookUrl(webhookPath) };
  },

  undo: (context) => context.remove(workflow, (id) => switchWorkflow(context, id, 'unpublish')),
});
