/** Step 5: an n8n workflow that answers the client's own webhook. */
import { z } from 'zod';
import { NotYet, StepFailure, type WaitFailure } from '../errors.ts';
import type { N8nWorkflow } from '../providers/n8n-workflow.ts';
import type { WebhookState } from '../providers/n8n-webhook.ts';
import { inWordsOfServer, n8nClient, type ActivationWords } from '../providers/n8n.ts';
import { n8nChecks } from './checks/n8n.ts';
import { answerNodeId, clientWorkflow, webhookPath, workflowName } from './n8n-client-workflow.ts';
import { n8nEnvironment } from './n8n-environment.ts';
import { explainMisplacedWebhook } from './n8n-misplaced-webhook.ts';
import { candidateIn, describe, oursAmong, ownsPath, takenFrom, urlOf } from './n8n-ownership.ts';
import {
  defineStep,
  type CallLimits,
  type MakeChange,
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
type Context = StepContext<Output, Providers>;

const workflow: ResourceType<Providers, Partial<Output>> = {
  kind: 'n8n.workflow',
  nameFor: ({ clientId }) => workflowName(clientId),
  otherNames: ({ clientId }) => ({ 'n8n.webhook': webhookPath(clientId) }),

  async find({ client, providers }, intent) {
    const { workflows, at } = await providers.n8n.listWorkflows();
    const ours = oursAmong(workflows, client, intent);
    return { objects: takenFrom(workflows, client, providers.host, ours), at };
  },

  async create(permit, { client, providers }, { calls }) {
    const made = await providers.n8n.createWorkflow(permit, clientWorkflow(client, calls));
    return { ...describe(providers.host, made), madeBy: answerNodeId(calls) };
  },

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

  beforeRemoval: ({ n8n }, id, change) => switchWorkflow(n8n, change, id, 'unpublish'),

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
      return workflows.map((found) => candidateIn(providers.host, found)).filter((one) => one !== undefined);
    },
    async read(providers, id) {
      const found = await providers.n8n.describeWorkflow(id);
      return found && candidateIn(providers.host, found);
    },
  },
};

/** Makes the client's workflow once, not yet published. Returns its id; throws `name-taken` where it cannot be made. */
export async function createN8NWorkflow(context: Context): Promise<string> {
  return context.create(workflow);
}

/** Publishes the client's workflow. Throws `name-taken` where another one has its webhook path, and lists that one. */
export async function activateN8NWorkflow(context: Context, id: string): Promise<void> {
  try {
    await switchWorkflow(context.providers.n8n, changesOf(context), id, 'publish');
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
  await switchWorkflow(n8n, changesOf(context), id, 'unpublish', { first: 'activate', isRenewable: false });
  await activateN8NWorkflow(context, id);
  return true;
}

/** The failure of a step that has waited for the webhook in vain. */
function neverServed({ client, providers }: Context, id: string, isRenewed: boolean): WaitFailure {
  const path = webhookPath(client.clientId);
  const also = isRenewed ? ', also after it was published anew' : '';
  return {
    code: 'not-ready-in-time',
    message: `n8n has workflow ${id} as published and does not serve its webhook "${path}"${also} (${urlOf(providers.host, id)})`,
    whatToDo:
      "Look for the workflow's activation in n8n's log. If n8n runs webhook processors, check that N8N_WEBHOOK_URL leads to them. Restart n8n if nothing else helps.",
  };
}

function changesOf(context: Context): MakeChange {
  return (change) => context.change(change);
}

/** Publishes or unpublishes, in whichever words the server knows. */
async function switchWorkflow(
  n8n: Providers['n8n'],
  change: MakeChange,
  id: string,
  act: 'publish' | 'unpublish',
  how: { readonly first: ActivationWords; readonly isRenewable: boolean } = {
    first: 'publish',
    isRenewable: true,
  },
): Promise<void> {
  const isActive = act === 'publish';
  await inWordsOfServer(how.first, (words) =>
    change({
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
  const path = webhookPath(client.clientId);
  const rivals = workflows.filter(
    (found) => found.id !== id && !found.isArchived && counts(found) && ownsPath(found, path),
  );
  if (rivals.length === 0) return;
  throw await context.reportForeign(workflow, takenFrom(rivals, client, providers.host, new Set()));
}

/** Looks whether the webhook is registered, without running anybody's workflow. */
async function lookAtWebhook(context: Context, id: string): Promise<WebhookState> {
  const { n8n } = context.providers;
  const path = webhookPath(context.client.clientId);
  const told = await n8n.readWebhook(path);
  if (told.is !== 'unknown') return told;
  // A GET would run what is registered for GET.
  await refuseRivals(context, id);
  return n8n.askWebhook(path);
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
    const path = webhookPath(context.client.clientId);
    const id = await createN8NWorkflow(context);
    await activateN8NWorkflow(context, id);
    const webhook = await lookAtWebhook(context, id);
    if (webhook.is === 'misplaced') {
      const { why, whatToDo } = explainMisplacedWebhook(webhook.extra);
      throw new StepFailure('verification-failed', why, { whatToDo });
    }
    if (webhook.is !== 'registered') {
      const isRenewed = await publishAnew(context, id);
      const atDeadline = neverServed(context, id, isRenewed);
      throw new NotYet('the webhook to be registered', { atDeadline });
    }
    // Two workflows published at the same instant are both told that they are live, and one is not.
    await refuseRivals(context, id);
    return { n8nWorkflowId: id, n8nWebhookUrl: n8n.webhookUrl(path) };
  },

  undo: (context) => context.remove(workflow),
});
