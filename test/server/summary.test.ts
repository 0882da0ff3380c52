/** `/api/summary`, the timeline and the callbacks of all clients: what people who look after all clients ask for. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { callbacksAnswer, listedCallbackAnswer, pageOf, timelineAnswer } from '../../src/api/answers.ts';
import { summaryAnswer } from '../../src/api/summary.ts';
import { version } from '../../src/version.ts';
import { newClientId, startStack, type ShownProvisioning, type Stack } from '../helpers/stack.ts';
import { until } from '../helpers/until.ts';
import { post, problemOf } from './support.ts';

let stack: Stack;
let live: ShownProvisioning;
let left: ShownProvisioning;
beforeAll(async () => {
  stack = await startStack({ backend: 'redis' });
  const { control, urls } = stack.sandbox;
  const callbackUrl = `${urls.control}/receiver/summary`;
  const accepted = await stack.provision({ callbackUrl });
  live = await stack.waitUntilDone(accepted.id);
  control.setDeploymentOutcome('ERROR');
  control.refuseDelete('github.repository', true);
  const failing = await stack.provision({ clientName: 'Halden Ceramics' });
  left = await stack.waitUntilDone(failing.id);
  await control.reset();
});
afterAll(() => stack?.stop());

async function ask<T>(path: string, answer: z.ZodType<T>): Promise<T> {
  const response = await stack.call(path);
  expect(response.status).toBe(200);
  return answer.parse(await response.json());
}

test('the summary says who is needed and why, counts the clients, and tells how everything is', async () => {
  const summary = await until(async () => {
    const found = await ask('/api/summary', summaryAnswer);
    return found.health.workers.length > 0 ? found : undefined;
  }, 'the worker to have told of itself');

  expect(summary).toMatchObject({
    version,
    counts: { total: 2, live: 1, inProgress: 0, attention: 1, failed: 0, offboarded: 0 },
    attention: [
      {
        kind: 'provisioning',
        provisioningId: left.id,
        clientId: left.clientId,
        clientName: 'Halden Ceramics',
        headline: 'Rollback incomplete, 1 of 3 left',
        reason: expect.stringContaining('the token may not delete repositories') as unknown,
      },
    ],
    health: { ledger: { ok: true }, queue: { ok: true, kind: 'redis' }, workers: [{}], providers: [] },
  });
  expect(summary.health.workers[0]?.version).toContain(version.package);
});

test('callbacks that were given up need somebody too', async () => {
  await stack.pool.query(`update ledger.callbacks set state = 'failed' where provisioning_id = $1`, [
    live.id,
  ]);
  const { attention } = await ask('/api/summary', summaryAnswer);
  await stack.pool.query(`update ledger.callbacks set state = 'delivered' where provisioning_id = $1`, [
    live.id,
  ]);

  expect(attention.find(({ kind }) => kind === 'callbacks')).toMatchObject({
    provisioningId: live.id,
    headline: '1 callback given up',
    reason: 'The receiver: answered 200.',
  });
});

test('how the providers were is remembered from the last time that they were asked', async () => {
  expect((await stack.call('/api/preflight')).status).toBe(200);

  const { health } = await ask('/api/summary', summaryAnswer);
  expect(health.providers.map(({ provider }) => provider)).toEqual(
    expect.arrayContaining(['supabase', 'github', 'vercel', 'n8n']),
  );
  expect(health.providers.every(({ ok, failing }) => ok === (failing === 0))).toBe(true);
});

test('the timeline has each step and each undo, with the ends of its attempts', async () => {
  const { items } = await ask(`/api/provisioning/${left.id}/timeline`, timelineAnswer);

  expect(items.map(({ direction, step }) => `${direction} ${step}`)).toEqual([
    'run supabase-project',
    'run database-schema',
    'run github-repo',
    'run vercel-deployment',
    'undo vercel-deployment',
    'undo github-repo',
    'undo database-schema',
    'undo supabase-project',
  ]);
  expect(items[3]?.entries.at(-1)).toMatchObject({ endedAs: 'failed' });
  expect(items[5]?.entries.at(-1)).toMatchObject({ endedAs: 'failed' });
  expect((await stack.call('/api/provisioning/00000000-0000-4000-8000-000000000000/timeline')).status).toBe(
    404,
  );
});

test('what is gone is not part of the result, and says when it was seen to be gone', async () => {
  const shown = z
    .object({
      result: z.record(z.string(), z.string()),
      resources: z.array(z.object({ kind: z.string(), step: z.string(), goneAt: z.string().nullable() })),
    })
    .parse(await stack.show(left.id));

  expect(Object.keys(shown.result)).toEqual(['githubRepoName', 'githubRepoUrl']);
  expect(Object.fromEntries(shown.resources.map(({ kind, goneAt }) => [kind, goneAt !== null]))).toEqual({
    'supabase.project': true,
    'github.repository': false,
    'vercel.project': true,
  });
});

test('the callbacks of all clients are listed, page by page, by their state', async () => {
  const page = pageOf(listedCallbackAnswer);
  const all = await ask('/api/callbacks', page);
  expect(all.items.map(({ provisioningId }) => provisioningId)).toContain(live.id);
  expect((await ask('/api/callbacks?state=failed', page)).items).toEqual([]);
  const first = await ask('/api/callbacks?limit=1', page);
  expect(first.items).toHaveLength(1);
  expect((await stack.call('/api/callbacks?state=lost')).status).toBe(400);
});

test('many callbacks are sent again at once; what is none is left out', async () => {
  const { items } = await ask(`/api/provisioning/${live.id}/callbacks`, callbacksAnswer);
  const ids = items.map(({ id }) => id);
  const before = stack.sandbox.control.receivedCallbacks().length;

  const response = await post(
    stack,
    { ids: [...ids, '00000000-0000-4000-8000-000000000000'] },
    { path: '/api/callbacks/redeliver' },
  );

  expect(response.status).toBe(202);
  expect(await response.json()).toEqual({ redelivered: ids });
  await until(
    () => stack.sandbox.control.receivedCallbacks().length > before || undefined,
    'the callback to be received again',
  );
});

test('the list is filtered by state, by text, and to the newest of each client', async () => {
  const clientId = newClientId();
  const { control } = stack.sandbox;
  control.setDeploymentOutcome('ERROR');
  for (let run = 0; run < 2; run += 1) {
    const { id } = await stack.provision({ clientId, clientName: 'Asked For Twice' });
    await stack.waitUntilDone(id);
  }
  await control.reset();
  const idsOf = async (query: string) => {
    const page = z.object({ items: z.array(z.object({ clientId: z.string() })) });
    return (await ask(`/api/provisioning?${query}`, page)).items.map((item) => item.clientId);
  };

  expect(await idsOf('state=attention')).toEqual([left.clientId]);
  expect(await idsOf('state=live')).toEqual([live.clientId]);
  expect(await idsOf('q=for%20twice')).toEqual([clientId, clientId]);
  expect(await idsOf('q=for%20twice&newest=true&state=failed')).toEqual([clientId]);
  expect(await idsOf('rollback=incomplete')).toEqual([left.clientId]);
  expect((await stack.call('/api/provisioning?state=lost')).status).toBe(400);
});

test('a decision that does not fit the state is refused with that state', async () => {
  const response = await stack.call(`/api/provisioning/${live.id}/resume`, { method: 'POST' });

  expect(response.status).toBe(409);
  expect((await problemOf(response)).detail).toBe(
    'It is not paused. Its status is succeeded, its rollback none.',
  );
});
