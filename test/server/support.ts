/** What the tests of the API have in common: an API without a worker, and words for requests and answers. */
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { coreEnvironment, loadConfig, serverEnvironment } from '../../src/config.ts';
import { createKey } from '../../src/commands/keys/commands.ts';
import { createLogger } from '../../src/log/logger.ts';
import { ungrouped } from '../../src/ledger/group-commit.ts';
import type { Role } from '../../src/ledger/roles.ts';
import type { Deps } from '../../src/server/deps.ts';
import { startServer, type RunningServer } from '../../src/server/start.ts';
import { steps } from '../../src/steps/index.ts';
import { newClientId, startStack, type Stack } from '../helpers/stack.ts';
import { until } from '../helpers/until.ts';

/** The API alone: what it accepts stays queued. */
export function startApi(environment: Record<string, string> = {}): Promise<Stack> {
  return startStack({ backend: 'redis', workers: 0, environment });
}

/** What the routes of an API are given, for a test that mounts some of them itself. */
export function depsOf(api: Stack): Deps {
  return {
    config: loadConfig(api.environment, [coreEnvironment, serverEnvironment]),
    pool: api.pool,
    transitions: ungrouped(api.pool),
    inBackground: (work) => void work,
    log: createLogger({ level: 'silent', secrets: [] }),
    scrub: (text) => text,
    queues: () => undefined,
    steps,
    stopping: new AbortController().signal,
    publicUrl: () => api.server.url,
  };
}

/** A body that is accepted. */
export function order(fields: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    clientId: newClientId(),
    clientName: 'Acme Ltd',
    orgEmail: 'ops@acme.example',
    tier: 'starter',
    ...fields,
  };
}

/** Posts a value as JSON, or a text as it is. */
export function post(
  stack: Stack,
  body: unknown,
  options: { path?: string; key?: string; headers?: Record<string, string> } = {},
): Promise<Response> {
  const { path = '/api/provisioning', key, headers } = options;
  return stack.call(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
    ...(key === undefined ? {} : { key }),
  });
}

const problemSchema = z.looseObject({
  type: z.string(),
  title: z.string().min(1),
  status: z.number(),
  detail: z.string().min(1),
  code: z.string().regex(/^[a-z]+(-[a-z]+)*$/),
  requestId: z.string().min(1),
  errors: z.array(z.strictObject({ pointer: z.string(), detail: z.string().min(1) })).optional(),
  provisioningId: z.uuid().optional(),
});
export type ShownProblem = z.infer<typeof problemSchema>;

/** Reads an error's body. Throws unless it is a whole problem document that fits the answer's own headers. */
export async function problemOf(response: Response): Promise<ShownProblem> {
  const type = response.headers.get('content-type') ?? '';
  if (!/^application\/problem\+json\b/.test(type)) throw new Error(`answered ${response.status} as ${type}`);
  const problem = problemSchema.parse(await response.json());
  if (problem.status !== response.status) throw new Error(`says ${problem.status}, is ${response.status}`);
  if (problem.requestId !== response.headers.get('x-request-id')) throw new Error('two request ids');
  return problem;
}

/** How many provisionings the ledger has. */
export async function countRows(stack: Stack): Promise<number> {
  const { rows } = await stack.pool.query<{ count: number }>(
    'select count(*)::int as count from ledger.provisionings',
  );
  return rows[0]?.count ?? 0;
}

/** Puts a provisioning into a state by SQL, along the ways that the database allows. */
export async function moveTo(
  stack: Stack,
  id: string,
  ...states: (readonly [string, string])[]
): Promise<void> {
  for (const [status, rollback] of states)
    await stack.pool.query(
      `update ledger.provisionings set status = $2, rollback_status = $3,
         finished_at = case when $4 then clock_timestamp() end
       where id = $1`,
      [id, status, rollback, status === 'succeeded' || rollback === 'completed' || rollback === 'incomplete'],
    );
}

/** The queue is reached a moment after the server listens. */
export async function untilReady(stack: Stack): Promise<void> {
  await until(
    async () => (await stack.call('/readyz')).status === 200 || undefined,
    'the server to be ready',
  );
}

export const unknownId = randomUUID();

/** Makes a key of the API, as `npm run keys -- create` does. */
export async function makeKey(
  stack: Stack,
  role: Role,
  name = `a ${role}`,
): Promise<{ id: string; token: string }> {
  const { result = '' } = await createKey(stack.pool, { name, role, expiresInDays: undefined });
  return { id: result.split('_')[1] ?? '', token: result };
}

/** One more server on the database of a stack, with some variables of its own; stop it before the stack. */
export function startAnotherServer(
  stack: Stack,
  environment: Record<string, string> = {},
): Promise<RunningServer> {
  const config = loadConfig({ ...stack.environment, ...environment }, [coreEnvironment, serverEnvironment]);
  const log = createLogger({ level: 'warn', secrets: [], destination: { write: () => {} } });
  return startServer({ config, log, signal: new AbortController().signal, queuePrefix: 'unused' });
}

/** Asks one of several servers, by its address. */
export function ask(url: string, path: string, key: string): Promise<Response> {
  return fetch(url + path, { redirect: 'manual', headers: { authorization: `Bearer ${key}` } });
}
