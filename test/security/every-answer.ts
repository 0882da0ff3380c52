/** Everything that the API and its dashboard answer about some provisionings. */
import { z } from 'zod';
import type { Sink } from '../chaos/sinks.ts';
import type { Stack } from '../helpers/stack.ts';
import { unknownId } from '../server/support.ts';

const document = z.object({ paths: z.record(z.string(), z.record(z.string(), z.unknown())) });
const deliveries = z.object({ items: z.array(z.object({ id: z.string() })) });
const board = z.object({
  queues: z.array(z.object({ name: z.string(), jobs: z.array(z.object({ id: z.string() })) })),
});

async function textOf(response: Response): Promise<string> {
  const headers = [...response.headers].map(([name, value]) => `${name}: ${value}`);
  return [response.status, ...headers, '', await response.text()].join('\n');
}

/** Every operation of the API's own description, for each provisioning; what has ended is not changed by it. */
export async function everyAnswer(stack: Stack, ids: readonly string[]): Promise<Sink[]> {
  const { paths } = document.parse(await (await stack.call('/openapi.json')).json());
  const sinks: Sink[] = [];
  const ask = async (method: string, path: string, init: RequestInit = {}) => {
    const response = await stack.call(path, { method, ...init });
    sinks.push({ name: `${method} ${path}`, text: await textOf(response) });
  };
  for (const id of ids) {
    const { items } = deliveries.parse(await (await stack.call(`/api/provisioning/${id}/callbacks`)).json());
    for (const [path, operations] of Object.entries(paths))
      for (const method of Object.keys(operations)) {
        const filled = path
          .replace('{id}', id)
          .replace('{callbackId}', items[0]?.id ?? unknownId)
          .replace('{resourceId}', unknownId);
        await ask(method.toUpperCase(), filled, method === 'get' ? {} : json({ reason: 'a look' }));
      }
    await ask('GET', `/api/provisioning/${id}/events`, { headers: { accept: 'text/event-stream' } });
  }
  await ask('POST', '/api/provisioning?dryRun=true', json(dryRun));
  return sinks;
}

const dryRun = { clientId: 'dry-run', clientName: 'Dry', orgEmail: 'dry@run.example', tier: 'starter' };

function json(body: unknown): RequestInit {
  return { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}

const jobStates = ['latest', 'active', 'waiting', 'waiting-children', 'completed', 'failed', 'delayed'];

/** The dashboard's page, and every job of every queue with its log and its flow. */
export async function everyLookAtTheDashboard(stack: Stack): Promise<Sink[]> {
  const sinks: Sink[] = [];
  const look = async (path: string): Promise<string> => {
    const response = await stack.call(`/admin/queues${path}`);
    const body = await response.clone().text();
    sinks.push({ name: `dashboard ${path}`, text: await textOf(response) });
    return body;
  };
  await look('/');
  const { queues } = board.parse(JSON.parse(await look('/api/queues')));
  for (const { name } of queues) {
    for (const view of ['metrics', 'default-job-options', 'workers', 'rate-limit', 'job-data-schema'])
      await look(`/api/queues/${name}/${view}`);
    for (const state of jobStates) {
      const page = await look(`/api/queues?activeQueue=${name}&status=${state}&jobsPerPage=50`);
      const shown = board.parse(JSON.parse(page)).queues.find((queue) => queue.name === name);
      for (const { id } of shown?.jobs ?? [])
        for (const view of ['', '/logs', '/flow'])
          await look(`/api/queues/${name}/${encodeURIComponent(id)}${view}`);
    }
  }
  return sinks;
}
