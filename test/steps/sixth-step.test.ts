/** A newcomer's step: one file like this one, one line in the list, and everything else takes it up from there. */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { NotYet } from '../../src/errors.ts';
import { providerHttp } from '../../src/http.ts';
import type { Permit } from '../../src/permit.ts';
import { steps } from '../../src/steps/index.ts';
import { defineStep, type CallLimits, type ResourceType } from '../../src/steps/step.ts';
import { startStack, type Stack } from '../helpers/stack.ts';

const pageSchema = z.object({ id: z.string(), name: z.string(), note: z.string(), isPublished: z.boolean() });
type Page = z.infer<typeof pageSchema>;

/** The new provider's client: one verb, one request. */
function statusClient(apiUrl: string, token: string, limits: CallLimits) {
  const http = providerHttp({
    provider: 'status',
    baseUrl: apiUrl,
    headers: { authorization: `Bearer ${token}` },
    ...limits,
  });
  return {
    async listPages() {
      return (await http.read('GET /pages', { schema: z.array(pageSchema) })).data;
    },
    async createPage(permit: Permit, page: { name: string; note: string }) {
      return (await http.mutate(permit, 'POST /pages', { body: page, schema: pageSchema })).data;
    },
    async deletePage(permit: Permit, id: string) {
      await http.mutate(permit, 'DELETE /pages/{id}', { params: { id }, schema: z.unknown() });
    },
  };
}

const environment = z.object({ STATUS_API_URL: z.url(), STATUS_TOKEN: z.string().min(1) });
const output = z.object({ statusPageId: z.string(), statusPageUrl: z.url() });

function connect(settings: z.infer<typeof environment>, limits: CallLimits) {
  return {
    status: statusClient(settings.STATUS_API_URL, settings.STATUS_TOKEN, limits),
    url: settings.STATUS_API_URL,
  };
}

const page: ResourceType<ReturnType<typeof connect>, Partial<z.infer<typeof output>>> = {
  kind: 'status.page',
  nameFor: (client) => `client-${client.clientId}`,
  async find({ client, providers }, intent) {
    const pages = await providers.status.listPages();
    const named = pages.filter(({ name }) => name === this.nameFor(client));
    return {
      sightings: named.map((found) => ({ ...describePage(found), isOurs: found.note === intent.mark })),
      at: undefined,
    };
  },
  create: async (permit, { client, providers }, intent) =>
    describePage(
      await providers.status.createPage(permit, { name: `client-${client.clientId}`, note: intent.mark }),
    ),
  async read({ providers }, id) {
    return (await providers.status.listPages()).some((found) => found.id === id) ? 'present' : 'gone';
  },
  remove: (permit, { providers }, id) => providers.status.deletePage(permit, id),
  judge: () => undefined,
};

function describePage(found: Page) {
  return { externalId: found.id, name: found.name, url: undefined, output: { statusPageId: found.id } };
}

const statusPage = defineStep({
  name: 'status-page',
  title: 'Status page',
  environment,
  output,
  result: ['statusPageUrl'],
  connect,
  async run(context) {
    const id = await context.create(page);
    const found = (await context.providers.status.listPages()).find((one) => one.id === id);
    if (found?.isPublished !== true) throw new NotYet('the status page to be published');
    return { statusPageId: id, statusPageUrl: `${context.providers.url}/pages/${id}` };
  },
  undo: (context) => context.remove(page),
});

/** The new provider: pages in memory, published at the second look; the answer of the first create gets lost. */
let pages: Page[];
let isPublishing: boolean;
let provider: Server;
let stack: Stack | undefined;

beforeEach(async () => {
  pages = [];
  isPublishing = true;
  let isAnswerLost = false;
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    if (request.method === 'POST') {
      const wanted = z.object({ name: z.string(), note: z.string() }).parse(await readJson(request));
      pages.push({ id: randomUUID(), isPublished: false, ...wanted });
      if (!isAnswerLost) {
        isAnswerLost = true;
        response.destroy();
        return;
      }
    }
    const body = JSON.stringify(pages);
    if (request.method === 'GET') for (const one of pages) one.isPublished = isPublishing;
    if (request.method === 'DELETE') pages = pages.filter(({ id }) => request.url !== `/pages/${id}`);
    response.setHeader('content-type', 'application/json').end(body);
  };
  provider = createServer((request, response) => void answer(request, response)).listen(0, '127.0.0.1');
  await once(provider, 'listening');
});
afterEach(async () => {
  await stack?.stop();
  stack = undefined;
  provider.closeAllConnections();
  provider.close();
});

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return JSON.parse(Buffer.concat(chunks).toString());
}

function statusEnvironment(): Record<string, string> {
  const { port } = provider.address() as AddressInfo;
  return {
    STATUS_API_URL: `http://127.0.0.1:${port}`,
    STATUS_TOKEN: 'a status token',
    READY_TIMEOUT_MS: '3000',
  };
}

test('a sixth step runs after the others, survives a lost answer, and shows its result', async () => {
  stack = await startStack({
    backend: 'redis',
    steps: [...steps, statusPage],
    environment: statusEnvironment(),
  });
  const { id } = await stack.provision();
  const done = await stack.waitUntilDone(id);
  expect(done).toMatchObject({ status: 'succeeded' });
  expect(done.steps.at(-1)).toMatchObject({ name: 'status-page', status: 'succeeded' });
  expect(pages).toHaveLength(1);
  expect(done.result['statusPageUrl']).toContain(pages[0]?.id);
  expect(done.resources.at(-1)).toMatchObject({
    kind: 'status.page',
    externalId: pages[0]?.id,
    state: 'live',
  });
});

test('a sixth step that fails is undone first, and then the others', async () => {
  isPublishing = false;
  stack = await startStack({
    backend: 'redis',
    steps: [...steps, statusPage],
    environment: statusEnvironment(),
  });
  const { id } = await stack.provision();
  const done = await stack.waitUntilDone(id);
  expect(done).toMatchObject({
    failure: { step: 'status-page', code: 'not-ready-in-time' },
    rollback: { status: 'completed' },
  });
  expect(pages).toEqual([]);
  expect(stack.sandbox.control.objects()).toEqual([]);
});
