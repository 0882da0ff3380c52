/** Default deny: every route names the least role that may call it, and holds to it. */
import type { Express } from 'express';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { roles, type Role } from '../../src/ledger/roles.ts';
import { createApp } from '../../src/server/app.ts';
import { allRoutes } from '../../src/server/routes/index.ts';
import type { Stack } from '../helpers/stack.ts';
import { countRows, depsOf, makeKey, problemOf, startApi, unknownId } from './support.ts';

let stack: Stack;
const keys = new Map<Role, string>();
beforeAll(async () => {
  stack = await startApi();
  for (const role of roles) keys.set(role, (await makeKey(stack, role)).token);
});
afterAll(() => stack?.stop());

interface Call {
  readonly method: string;
  readonly path: string;
  readonly role: Role | 'public';
}

/** Every route, with ids that name nothing. */
function everyCall(): Call[] {
  return allRoutes(depsOf(stack)).map(({ method, path, role }) => ({
    method: method.toUpperCase(),
    path: path.replaceAll(/\{\w+\}/g, unknownId),
    role,
  }));
}

/** The answer's status; a stream that has begun is an answer, and is not read. */
async function statusOf({ method, path }: Call, key: string): Promise<number> {
  const controller = new AbortController();
  const response = await stack.call(path, {
    method,
    key,
    signal: controller.signal,
    ...(method === 'POST' ? { headers: { 'content-type': 'application/json' }, body: '{}' } : {}),
  });
  controller.abort();
  return response.status;
}

test('there are routes for each role', () => {
  expect(new Set(everyCall().map(({ role }) => role))).toEqual(new Set(['public', ...roles]));
});

/** The calls that a key is refused with that status. */
async function refusedWith(status: 401 | 403, key: string): Promise<string[]> {
  const refused: string[] = [];
  for (const call of everyCall()) if ((await statusOf(call, key)) === status) refused.push(nameOf(call));
  return refused;
}

const nameOf = ({ method, path }: Call) => `${method} ${path}`;

test('without a key nothing but the public routes answers', async () => {
  const closed = everyCall().filter(({ role }) => role !== 'public');

  expect(await refusedWith(401, '')).toEqual(closed.map(nameOf));
});

test('without a key OPTIONS tells of no route, and with one it is no method', async () => {
  for (const { path } of [...everyCall(), { path: '/nowhere' }]) {
    const stranger = await stack.call(path, { method: 'OPTIONS', key: '' });
    expect(stranger.status).toBe(401);
    expect(stranger.headers.get('allow')).toBeNull();
    expect((await stack.call(path, { method: 'OPTIONS' })).status).toBe(404);
  }
});

describe.each(roles)('a key of a %s', (held) => {
  test('may call what needs that role or a lesser one, and nothing else', async () => {
    const key = keys.get(held) ?? '';
    const forbidden = everyCall().filter(
      ({ role }) => role !== 'public' && roles.indexOf(role) > roles.indexOf(held),
    );

    expect(await refusedWith(403, key)).toEqual(forbidden.map(nameOf));
    expect(await refusedWith(401, key)).toEqual([]);
  });
});

test('a refusal says which role is needed, and changes nothing', async () => {
  const before = await countRows(stack);
  const response = await stack.call('/api/provisioning', {
    method: 'POST',
    key: keys.get('operator'),
    headers: { 'content-type': 'application/json' },
    body: '{',
  });

  expect(response.status).toBe(403);
  const problem = await problemOf(response);
  expect(problem.code).toBe('forbidden');
  expect(problem.detail).toContain('admin');
  expect(await countRows(stack)).toBe(before);
});

/** What is served without being in the list of routes: the dashboard's sign-in, and a refusal. */
const undeclared = [
  'OPTIONS /{*path}',
  'GET /admin/sign-in',
  'POST /admin/sign-in',
  'GET /admin/sign-out',
  'POST /admin/sign-out',
];

test('Express serves no route that has not declared who may call it', () => {
  const deps = depsOf(stack);
  const declared = allRoutes(deps).map(
    ({ method, path }) => `${method.toUpperCase()} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`,
  );

  expect(routesOf(createApp(deps)).toSorted()).toEqual([...declared, ...undeclared].toSorted());
});

test('a route that was added past the list would be found', () => {
  const app = createApp(depsOf(stack));
  app.get('/api/backdoor', (_request, response) => void response.end());

  expect(routesOf(app)).toContain('GET /api/backdoor');
});

interface Layer {
  readonly route?: { readonly path: string; readonly methods: Readonly<Record<string, boolean>> };
  readonly handle: { readonly stack?: readonly Layer[] };
}

/** Every method and path that an application has a handler for, whichever router it is in. */
function routesOf(app: Express): string[] {
  const collect = (layers: readonly Layer[]): string[] =>
    layers.flatMap(({ route, handle }) =>
      route === undefined
        ? collect(handle.stack ?? [])
        : Object.keys(route.methods).map((method) => `${method.toUpperCase()} ${route.path}`),
    );
  return collect(app.router.stack as unknown as readonly Layer[]);
}
