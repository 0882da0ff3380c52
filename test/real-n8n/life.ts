/** The whole life of a client's workflow at a real server, with what goes wrong in it. */
import { z } from 'zod';
import { namesOf } from '../helpers/names.ts';
import type { N8nProxy } from '../helpers/n8n-proxy.ts';
import { newClientId, type ShownProvisioning } from '../helpers/stack.ts';
import { until } from '../helpers/until.ts';
import type { Product } from './product.ts';
import type { RealN8n } from './server.ts';

export interface Place {
  readonly n8n: RealN8n;
  readonly proxy: N8nProxy;
  readonly product: Product;
}

/** One thing that happens. Throws where it does not end as it must. */
export interface Scene {
  readonly name: string;
  play(place: Place): Promise<void>;
}

const creation = /^POST \/api\/v1\/workflows$/;
const lost = {
  create: creation,
  publish: /\/(publish|activate)$/,
  unpublish: /\/(unpublish|deactivate)$/,
  delete: /^DELETE \/api\/v1\/workflows\//,
};

const created = z.object({ id: z.string() });
const copied = z.object({ name: z.string(), nodes: z.array(z.unknown()), connections: z.unknown() });

function expect(isSo: boolean, what: string, seen: unknown): void {
  if (!isSo) throw new Error(`${what}: ${JSON.stringify(seen)}`);
}

/** Served as its caller sees it: with what the workflow itself answers. */
async function expectServed({ n8n }: Place, shown: ShownProvisioning): Promise<void> {
  expect(shown.status === 'succeeded', 'it succeeds', shown.failure);
  const url = new URL(shown.result['n8nWebhookUrl'] ?? '');
  const answer = await fetch(n8n.url + url.pathname, { method: 'POST', body: '{}' });
  const text = await answer.text();
  expect(answer.status === 200 && text === '{"ok":true}', 'the webhook answers', [answer.status, text]);
  const own = (await n8n.workflows()).filter(({ name }) => name === namesOf(shown.clientId).workflow);
  expect(own.length === 1, 'there is one workflow', own);
}

async function expectGone({ n8n, product }: Place, shown: ShownProvisioning): Promise<void> {
  const after = await product.offboard(shown);
  expect(after.rollback.status === 'completed', 'it is undone', after.resources);
  const left = (await n8n.workflows()).filter(({ name }) => name === namesOf(shown.clientId).workflow);
  expect(left.length === 0, 'nothing is left', left);
}

/** A workflow of somebody else, by the API. */
async function makeStranger({ n8n }: Place, name: string, path: string, isPublished: boolean) {
  const response = await n8n.api('POST', '/workflows', {
    name,
    nodes: [
      {
        id: 'theirs',
        name: 'Theirs',
        type: 'n8n-nodes-base.webhook',
        typeVersion: 2.1,
        position: [0, 0],
        webhookId: crypto.randomUUID(),
        parameters: { httpMethod: 'POST', path, options: {} },
      },
    ],
    connections: {},
    settings: {},
  });
  const { id } = created.parse(await response.json());
  if (isPublished) await n8n.api('POST', `/workflows/${id}/activate`, {});
  return {
    id,
    async remove() {
      await n8n.api('POST', `/workflows/${id}/deactivate`, {});
      await until(async () => (await n8n.api('DELETE', `/workflows/${id}`)).ok || undefined, 'it to go');
    },
  };
}

async function expectNameTaken(place: Place, clientId: string, strangerId: string): Promise<void> {
  const { id } = await place.product.provision(clientId);
  const shown = await place.product.untilDone(id);
  expect(shown.failure?.code === 'name-taken', 'the name is taken', shown.failure);
  expect(shown.failure?.message.includes(strangerId) === true, 'it is named', shown.failure);
  expect(shown.rollback.status === 'completed', 'nothing of ours stays', shown.rollback);
  const isThere = (await place.n8n.workflows()).some((found) => found.id === strangerId);
  expect(isThere, 'theirs is there', strangerId);
}

export const scenes: readonly Scene[] = [
  {
    name: 'created, answers, offboarded',
    async play(place) {
      const shown = await place.product.untilDone((await place.product.provision()).id);
      await expectServed(place, shown);
      await expectGone(place, shown);
    },
  },
  ...Object.entries(lost).map(([name, pattern]): Scene => ({
    name: `the answer to ${name} is lost`,
    async play(place) {
      place.proxy.loseAnswer(pattern);
      const shown = await place.product.untilDone((await place.product.provision()).id);
      await expectServed(place, shown);
      await expectGone(place, shown);
    },
  })),
  {
    name: 'the worker is killed when n8n has created',
    async play(place) {
      const { product, proxy } = place;
      const killed = new Promise<void>((resolve) => {
        proxy.loseAnswer(creation, async () => {
          await product.killWorker();
          resolve();
        });
      });
      const { id } = await product.provision();
      await killed;
      await product.startWorker();
      const shown = await product.untilDone(id);
      await expectServed(place, shown);
      await expectGone(place, shown);
    },
  },
  {
    name: 'cancelled when n8n has created',
    async play(place) {
      const { n8n, product, proxy } = place;
      const { id, clientId } = await product.provision();
      const isCreated = () => proxy.seen.some((line) => creation.test(line)) || undefined;
      await until(isCreated, 'the creation', 120_000);
      await product.post(`/${id}/cancel`);
      const shown = await product.untilDone(id);
      expect(shown.rollback.status === 'completed', 'it is undone', shown);
      const left = (await n8n.workflows()).filter(({ name }) => name === namesOf(clientId).workflow);
      expect(left.length === 0, 'nothing is left', left);
    },
  },
  {
    name: "a stranger's workflow has the name",
    async play(place) {
      const clientId = newClientId();
      const stranger = await makeStranger(place, namesOf(clientId).workflow, 'theirs', false);
      await expectNameTaken(place, clientId, stranger.id);
      await stranger.remove();
    },
  },
  {
    name: "a stranger's published workflow has the path",
    async play(place) {
      const clientId = newClientId();
      const stranger = await makeStranger(place, 'Theirs', namesOf(clientId).webhookPath, true);
      await expectNameTaken(place, clientId, stranger.id);
      await stranger.remove();
    },
  },
  {
    name: 'copies of ours are left alone, under another name and under its own',
    async play(place) {
      const { n8n, product, proxy } = place;
      // From then on an undo looks for whatever carries our mark.
      proxy.loseAnswer(creation);
      const shown = await product.untilDone((await product.provision()).id);
      const ownId = shown.result['n8nWorkflowId'];
      const read = await n8n.api('GET', `/workflows/${ownId}`);
      const { name, nodes, connections } = copied.parse(await read.json());
      const copies: string[] = [];
      for (const copyName of ['A copy', name]) {
        const body = { name: copyName, nodes, connections, settings: {} };
        copies.push(created.parse(await (await n8n.api('POST', '/workflows', body)).json()).id);
      }
      const after = await product.offboard(shown);
      expect(after.rollback.status === 'completed', 'it is undone', after.resources);
      const left = (await n8n.workflows()).map(({ id }) => id);
      expect(!left.some((id) => id === ownId), 'ours is gone', left);
      expect(
        copies.every((id) => left.includes(id)),
        'the copies stay',
        left,
      );
      for (const id of copies) await n8n.api('DELETE', `/workflows/${id}`);
    },
  },
  {
    name: 'n8n starts anew when it has created',
    async play(place) {
      const { n8n, product, proxy } = place;
      let restarted: Promise<void> | undefined;
      proxy.loseAnswer(creation, () => (restarted = n8n.restart()));
      const { id } = await product.provision();
      await until(() => (restarted === undefined ? undefined : true), 'the restart', 120_000);
      await restarted;
      const shown = await product.untilDone(id);
      await expectServed(place, shown);
      await expectGone(place, shown);
    },
  },
];
