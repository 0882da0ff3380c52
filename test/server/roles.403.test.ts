/** Default deny: every route names the permission that it needs, and the matrix says which roles have it. */
import type { Express } from 'express';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { may, permissions, roles, rolesThatMay, type Permission, type Role } from '../../src/ledger/roles.ts';
import { createApp } from '../../src/server/app.ts';
import { allRoutes } from '../../src/server/routes/index.ts';
import type { Stack } from '../helpers/stack.ts';
import { countRows, depsOf, makeKey, order, post, problemOf, startApi, unknownId } from './support.ts';

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
  readonly permission: Permission | 'public';
}

/** Every route, with ids that name nothing; one that also plans is two calls. */
function everyCall(): Call[] {
  return allRoutes(depsOf(stack)).flatMap(({ method, path, permission, dryRunPermission }) => {
    const call = { method: method.toUpperCase(), path: path.replaceAll(/\{\w+\}/g, unknownId), permission };
    if (dryRunPermission === undefined) return [call];
    return [call, { ...call, path: `${call.path}?dryRun=true`, permission: dryRunPermission }];
  });
}

/** The answer's status; a stream that has begun is an answer, and is not read. */
async function statusOf({ method, path }: Call, key: string): Promise<number> {
  const controller = new AbortController();
  const response = await stack.call(path, {
    method,
    key,
    signal: controller.signal,
    ...(method !== 'GET' ? { headers: { 'content-type': 'application/json' }, body: '{}' } : {}),
  });
  controller.abort();
  return response.status;
}

test('there are routes for each permission', () => {
  expect(new Set(everyCall().map(({ permission }) => permission))).toEqual(
    new Set(['public', ...permissions]),
  );
});

/** The calls that a key is refused with that status. */
async function refusedWith(status: 401 | 403, key: string): Promise<string[]> {
  const refused: string[] = [];
  for (const call of everyCall()) if ((await statusOf(call, key)) === status) refused.push(nameOf(call));
  return refused;
}

const nameOf = ({ method, path }: Call) => `${method} ${path}`;

test('without a key nothing but the public routes answers', async () => {
  const closed = everyCall().filter(({ permission }) => permission !== 'public');

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

/** What the roles are for, in words of this test. */
const promised: Readonly<Record<Role, readonly string[]>> = {
  viewer: ['read'],
  provisioner: ['read', 'preflight', 'create'],
  operator: ['read', 'read-audit', 'preflight', 'operate'],
  admin: ['read', 'read-audit', 'preflight', 'create', 'operate', 'administer'],
};

describe.each(roles)('a key of a role: %s', (held) => {
  test('may call what the matrix says, and nothing else', async () => {
    const key = keys.get(held) ?? '';
    const forbidden = everyCall().filter(
      ({ permission }) => permission !== 'public' && !promised[held].includes(permission),
    );

    expect(await refusedWith(403, key)).toEqual(forbidden.map(nameOf));
    expect(await refusedWith(401, key)).toEqual([]);
  });
});

test('the acts of each kind are where they belong', () => {
  const permissionOf = Object.fromEntries(
    everyCall().map(({ method, path, permission }) => [
      `${method} ${path.replaceAll(unknownId, 'x')}`,
      permission,
    ]),
  );

  expect(permissionOf).toMatchObject({
    'POST /api/provisioning': 'create',
    'POST /api/provisioning?dryRun=true': 'preflight',
    'GET /api/preflight': 'preflight',
    'POST /api/provisioning/x/cancel': 'operate',
    'POST /api/provisioning/x/resume': 'operate',
    'POST /api/provisioning/x/rollback': 'operate',
    'POST /api/provisioning/x/callbacks/x/redeliver': 'operate',
    'POST /api/orphans/look': 'operate',
    'POST /api/provisioning/x/resources/x/forget': 'administer',
    'GET /api/keys': 'administer',
    'POST /api/keys': 'administer',
    'DELETE /api/keys/x': 'administer',
    'GET /api/audit': 'read-audit',
  });
});

test('what a role may do is told the same way by both questions, and nobody without a role may do anything', () => {
  for (const permission of permissions) {
    expect(rolesThatMay(permission)).toEqual(roles.filter((role) => may(role, permission)));
    expect(may(undefined, permission)).toBe(false);
  }
});

const statusOfOrder = async (role: Role, path = '/api/provisioning') =>
  (await post(stack, order(), { path, key: keys.get(role) ?? '' })).status;

test('a provisioner creates, and an operator does not', async () => {
  expect(await statusOfOrder('provisioner')).toBe(202);
  expect(await statusOfOrder('operator')).toBe(403);
});

test.each(['True', 'true&dryRun=true', '1', 'false', ''])(
  'dryRun=%s is no plan, so it needs the right to create',
  async (value) => {
    const before = await countRows(stack);

    expect(await statusOfOrder('operator', `/api/provisioning?dryRun=${value}`)).toBe(403);
    expect(await countRows(stack)).toBe(before);
  },
);

test('a refusal says which roles are needed, and changes nothing', async () => {
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
  expect(problem.detail).toBe(
    'This needs one of the roles provisioner, admin, and these credentials have operator.',
  );
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

/** The pages of the console: each is for whoever is signed in, and calls the API as they may. */
const acts = ['cancel', 'resume', 'rollback', 'offboard', 'forget'];
const pages = [
  'GET /',
  'GET /admin',
  'GET /clients',
  'GET /clients/new',
  'POST /clients/new',
  'GET /clients/:clientId',
  'GET /clients/:clientId/events',
  'POST /clients/:clientId/redeliver',
  ...acts.flatMap((act) => [`GET /clients/:clientId/${act}`, `POST /clients/:clientId/${act}`]),
  'GET /callbacks',
  'POST /callbacks',
  'GET /preflight',
  'POST /preflight',
  'GET /orphans',
  'POST /orphans',
  'GET /keys',
  'POST /keys',
  'POST /keys/:id/revoke',
  'GET /activity',
  'GET /activity.csv',
];
/** The console's own file that is not in its folder. */
const files = ['GET /console/idiomorph.js'];

test.each(pages)('without a session a browser gets no further than the sign-in: %s', async (page) => {
  const [method = '', path = ''] = page.split(' ');
  const before = await countRows(stack);
  const response = await stack.call(path.replace(':clientId', 'acme').replace(':id', '0123456789ab'), {
    key: '',
    method,
    headers: { accept: 'text/html' },
    redirect: 'manual',
    ...(method === 'POST' && { body: new URLSearchParams(order() as Record<string, string>) }),
  });

  expect(response.status).toBe(303);
  expect(response.headers.get('location')).toMatch(/^\/admin\/sign-in\?next=/);
  expect(await countRows(stack)).toBe(before);
});

test('Express serves no route that has not declared who may call it', () => {
  const deps = depsOf(stack);
  const declared = allRoutes(deps).map(
    ({ method, path }) => `${method.toUpperCase()} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`,
  );

  expect(routesOf(createApp(deps)).toSorted()).toEqual(
    [...declared, ...undeclared, ...pages, ...files].toSorted(),
  );
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
