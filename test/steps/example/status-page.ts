/** A step: a status page for the client. */
import { z } from 'zod';
import { NotYet } from '../../../src/errors.ts';
import { fails, holds } from '../../../src/steps/check.ts';
import { provisioningOfMark } from '../../../src/steps/mark.ts';
import {
  defineStep,
  type CallLimits,
  type OrphanCandidate,
  type ResourceType,
} from '../../../src/steps/step.ts';
import { statusClient, type StatusPage } from './status.ts';

const environment = z.object({ STATUS_TOKEN: z.string().min(1), STATUS_API_URL: z.url() });
const output = z.object({ statusPageId: z.string(), statusPageUrl: z.url() });

function connect(settings: z.infer<typeof environment>, limits: CallLimits) {
  return { status: statusClient(settings.STATUS_API_URL, settings.STATUS_TOKEN, limits) };
}

const page: ResourceType<ReturnType<typeof connect>, Partial<z.infer<typeof output>>> = {
  kind: 'status.page',
  nameFor: (client) => `client-${client.clientId}`,
  // Everything of that name, and whether it carries our mark. A look-up that fails must throw.
  async find({ client, providers }, intent) {
    const { pages, at } = await providers.status.listPages();
    const named = pages.filter(({ name }) => name === this.nameFor(client));
    const objects = named.map((one) => ({
      ...describe(one),
      createdAt: one.createdAt,
      isOurs: one.note === intent.mark,
    }));
    return { objects, at };
  },
  // One call. The mark goes into the request itself.
  async create(permit, { client, providers }, intent) {
    const wanted = { name: this.nameFor(client), note: intent.mark };
    return describe(await providers.status.createPage(permit, wanted));
  },
  // A 404 also hides things from a token that may not see them: `absent` is what was seen, and no proof.
  async read({ providers }, id) {
    return (await providers.status.findPage(id)) === undefined ? 'absent' : 'present';
  },
  // Asked only where such an absence is to count. Here every token sees the whole account that it reads.
  async proveSight({ providers }) {
    await providers.status.readAccount();
    return { sees: 'all' };
  },
  remove: (permit, { providers }, id) => providers.status.deletePage(permit, id),
  judge: ({ status }) => (status === 409 ? { is: 'name-taken' } : undefined),
  // Optional: how orphans are found. Everything that looks like ours, whoever's client it was.
  search: {
    list: async ({ status }) => (await status.listPages()).pages.flatMap((one) => candidateIn(one) ?? []),
    async read({ status }, id) {
      const found = await status.findPage(id);
      return found && candidateIn(found);
    },
  },
};

function describe({ id, name, url }: StatusPage) {
  return { externalId: id, name, url, output: { statusPageId: id } };
}

function candidateIn(found: StatusPage): OrphanCandidate | undefined {
  const provisioningId = provisioningOfMark(found.note);
  if (provisioningId === undefined) return undefined;
  return { ...describe(found), createdAt: found.createdAt, evidence: 'mark', provisioningId };
}

export const statusPage = defineStep({
  name: 'status-page',
  title: 'Status page',
  environment,
  output,
  result: ['statusPageUrl'],
  resources: [page],
  // Optional: what the preflight looks at. `status` has no mutating verb here.
  checks: [
    {
      provider: 'status',
      name: 'token',
      credentials: 'STATUS_TOKEN',
      address: 'STATUS_API_URL',
      async look({ status }) {
        const { plan } = await status.readAccount();
        if (plan === 'free') return fails('the plan is free, which has no pages', 'Upgrade the account.');
        return holds(`the plan is ${plan}`);
      },
    },
  ],
  connect,
  async run(context) {
    const id = await context.create(page);
    const found = await context.providers.status.findPage(id);
    if (found?.state !== 'published') throw new NotYet('the status page to be published');
    return { statusPageId: id, statusPageUrl: found.url };
  },
  undo: (context) => context.remove(page),
});
