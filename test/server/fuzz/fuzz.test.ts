import fc from 'fast-check';
import { Agent, request as httpRequest } from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { answerPreflight } from '../../../src/preflight/answer.ts';
import { queueNames } from '../../../src/queue/flows.ts';
import { jobDone } from '../../../src/queue/jobs.ts';
import { openQueues, type Queues } from '../../../src/queue/queues.ts';
import { steps } from '../../../src/steps/index.ts';
import { parseDescription, type Description } from '../../helpers/openapi.ts';
import { startOwnRedis } from '../../helpers/redis.ts';
import type { TestServer } from '../../helpers/services/test-server.ts';
import { newClientId, startStack, type ShownProvisioning, type Stack } from '../../helpers/stack.ts';
import { until } from '../../helpers/until.ts';
import { makeKey, moveTo, post } from '../support.ts';
import type { JsonSchema } from './from-schema.ts';
import { requestOf, type DrawnRequest, type Operation } from './requests.ts';

/** CI draws 10,000. */
const total = Number(process.env['FUZZ_REQUESTS'] ?? 2000);
const seed = Number(process.env['FUZZ_SEED'] ?? 20_261_126);
const batchSize = 50;

const question = z.object({ clientId: z.string().exactOptional() });

const documentSchema = z.object({
  paths: z.record(
    z.string(),
    z.record(
      z.string(),
      z.object({
        parameters: z
          .array(z.object({ name: z.string(), in: z.string(), schema: z.custom<JsonSchema>() }))
          .default([]),
        requestBody: z
          .object({ content: z.object({ 'application/json': z.object({ schema: z.custom<JsonSchema>() }) }) })
          .optional(),
      }),
    ),
  ),
});

let redis: TestServer;
let stack: Stack;
let questions: Queues;
const ending = new AbortController();
const defects: unknown[] = [];
let operations: Operation[];
let description: Description;
const ids: Record<string, string[]> = { id: [], resourceId: [], callbackId: [] };
const agent = new Agent({ keepAlive: true, maxSockets: 16 });

beforeAll(async () => {
  redis = await startOwnRedis();
  stack = await startStack({
    backend: 'redis',
    redisUrl: redis.url,
    // One accepted client has a whole stack; then nothing is done any more but to answer what the API asks.
    workers: 1,
    environment: { RATE_LIMIT_PER_MINUTE: '0', LOG_LEVEL: 'error' },
  });
  const document: unknown = await (await stack.call('/openapi.json')).json();
  description = parseDescription('client-provisioner', document);
  operations = Object.entries(documentSchema.parse(document).paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { parameters, requestBody }]) => ({
      method,
      path,
      parameters,
      body: requestBody?.content['application/json'].schema,
    })),
  );
  const { id } = await stack.provision({ callbackUrl: `${stack.sandbox.urls.control}/receiver/fuzz` });
  const done = await stack.waitUntilDone(id);
  await stack.stopWorkers();
  questions = await startAnswering();
  const { rows } = await until(async () => {
    const found = await stack.pool.query<{ id: string }>('select id from ledger.callbacks');
    return found.rows.length > 0 ? found : undefined;
  }, 'a callback');
  ids['callbackId'] = rows.map((row) => row.id);
  ids['resourceId'] = done.resources.map((resource) => resource.id);
  const paused = await stack.provision();
  await moveTo(stack, paused.id, ['running', 'none'], ['paused', 'none']);
  const incomplete = await stack.provision();
  await moveTo(
    stack,
    incomplete.id,
    ['running', 'none'],
    ['failed', 'pending'],
    ['failed', 'running'],
    ['failed', 'incomplete'],
  );
  const { id: keyId } = await makeKey(stack, 'viewer');
  ids['id'] = [id, paused.id, incomplete.id, (await stack.provision()).id, keyId];
});
afterAll(async () => {
  agent.destroy();
  ending.abort();
  await questions?.close();
  await stack?.stop();
  await redis?.remove();
});

/** What a worker does for preflights and dry runs, and nothing else of it: no provisioning goes on meanwhile. */
async function startAnswering(): Promise<Queues> {
  const queues = await openQueues({ redisUrl: redis.url, databaseUrl: '', onError: () => {} });
  const surroundings = {
    steps,
    environment: stack.environment,
    timeoutMs: 5000,
    signal: ending.signal,
    onDefect: (error: unknown) => defects.push(error),
  };
  await queues.startWorker(queueNames.preflight, 4, async ({ data }) =>
    jobDone(await answerPreflight(surroundings, question.parse(data).clientId)),
  );
  return queues;
}

interface Answered {
  readonly status: number;
  readonly contentType: string;
  readonly text: string;
}

/** Sends exactly these bytes: `fetch` would fix some of them. */
function send({ operation, target, headers, body }: DrawnRequest): Promise<Answered> {
  const { hostname, port } = new URL(stack.server.url);
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      {
        agent,
        hostname,
        port,
        method: operation.method.toUpperCase(),
        path: target,
        headers: {
          authorization: `Bearer ${stack.environment['ADMIN_API_KEY']}`,
          ...(body === undefined
            ? {}
            : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
          ...headers,
        },
      },
      (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => (text += chunk));
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            contentType: response.headers['content-type'] ?? '',
            text,
          }),
        );
        response.on('error', reject);
      },
    );
    request.on('error', reject);
    request.end(body);
  });
}

const schemas = new Map<string, z.ZodType | undefined>();

/** What an answer has that the document does not allow. */
function problemOf({ operation, target }: DrawnRequest, answer: Answered): string | undefined {
  const name = `${operation.method.toUpperCase()} ${operation.path}`;
  const what = `${name} (${target}) answered ${answer.status}`;
  if (answer.status >= 500) return `${what}: ${answer.text.slice(0, 300)}`;
  // A target that names another path, or none, is told so; no operation is meant by it.
  if (
    description.operationOf({ method: operation.method.toUpperCase(), path: target, body: undefined }) !==
    name
  )
    return [400, 404].includes(answer.status) || answer.status < 300 ? undefined : what;
  const key = `${name} ${answer.status}`;
  try {
    if (!schemas.has(key)) schemas.set(key, description.answer(name, answer.status));
  } catch {
    return `${what}, which is not described: ${answer.text.slice(0, 300)}`;
  }
  const schema = schemas.get(key);
  if (schema === undefined || !answer.contentType.includes('json')) return undefined;
  const { error } = schema.safeParse(JSON.parse(answer.text));
  return error === undefined ? undefined : `${what}: ${z.prettifyError(error)}`;
}

/** Everything that a request could have written. */
async function digest(): Promise<string> {
  const { rows } = await stack.pool.query<{ digest: string }>(
    `select concat_ws('/',
       (select count(*) from ledger.provisionings), (select sum(last_event) from ledger.provisionings),
       (select count(*) from ledger.steps), (select count(*) from ledger.events),
       (select count(*) from ledger.callbacks), (select md5(string_agg(state, ',' order by id)) from ledger.resources),
       (select count(*) from ledger.idempotency_keys), (select count(*) from ledger.audit),
       (select count(*) from ledger.api_keys), (select count(revoked_at) from ledger.api_keys)) as digest`,
  );
  return rows[0]?.digest ?? '';
}

test(
  `${total} requests drawn from the document: no 5xx, every answer as described, and no 4xx writes anything`,
  async () => {
    const counts = new Map<string, number>();
    const problems: string[] = [];
    let quietBatches = 0;
    const drawn = operations.flatMap((operation, index) =>
      fc.sample(
        requestOf(operation, (name) => ids[name] ?? ['x']),
        { seed: seed + index, numRuns: Math.ceil(total / operations.length) },
      ),
    );
    // What succeeds changes the state that others meet; what is refused must not, so those go together.
    const byKind = ['hostile', 'nearly', 'fitting'].flatMap((kind) =>
      drawn.filter((one) => one.kind === kind),
    );
    for (let at = 0; at < byKind.length; at += batchSize) {
      const batch = byKind.slice(at, at + batchSize);
      const before = await digest();
      const answers = await Promise.all(batch.map(send));
      batch.forEach((one, index) => {
        const answer = answers[index];
        if (answer === undefined) return;
        const key = `${one.kind} ${Math.floor(answer.status / 100)}xx`;
        counts.set(key, (counts.get(key) ?? 0) + 1);
        const problem = problemOf(one, answer);
        if (problem !== undefined) problems.push(problem);
      });
      const mayHaveWritten = batch.some(
        ({ operation }, index) => operation.method !== 'get' && (answers[index]?.status ?? 0) < 300,
      );
      if (mayHaveWritten) continue;
      quietBatches += 1;
      expect(await digest()).toBe(before);
    }
    process.stdout.write(
      `${byKind.length} requests, seed ${seed}: ${JSON.stringify(Object.fromEntries(counts))}\n`,
    );
    expect(problems.slice(0, 20)).toEqual([]);
    expect(defects).toEqual([]);
    expect(byKind.length).toBeGreaterThanOrEqual(total);
    // It proves something only where both kinds came about.
    expect(quietBatches).toBeGreaterThan(total / batchSize / 4);
    for (const kind of ['fitting', 'nearly', 'hostile']) {
      expect(counts.get(`${kind} 2xx`) ?? 0).toBeGreaterThan(0);
      expect(counts.get(`${kind} 4xx`) ?? 0).toBeGreaterThan(0);
    }
  },
  15 * 60_000,
);

test('after all of it the API works as before', async () => {
  const accepted = await post(stack, {
    clientId: newClientId(),
    clientName: 'Acme',
    orgEmail: 'ops@acme.example',
    tier: 'starter',
  });
  expect(accepted.status).toBe(202);
  expect(((await accepted.json()) as ShownProvisioning).status).toBe('queued');
});
