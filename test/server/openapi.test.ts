import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import type { Stack } from '../helpers/stack.ts';
import { post, startApi } from './support.ts';

const documentSchema = z.object({
  openapi: z.string().regex(/^3\.1\./),
  servers: z.array(z.object({ url: z.string() })),
  security: z.array(z.record(z.string(), z.array(z.string()))),
  paths: z.record(
    z.string().startsWith('/'),
    z.record(
      z.string(),
      z.object({
        operationId: z.string(),
        summary: z.string().min(5),
        description: z.string().optional(),
        security: z.array(z.unknown()).optional(),
        responses: z.record(z.string(), z.object({ description: z.string().min(3) })),
      }),
    ),
  ),
});

let stack: Stack;
let document: z.infer<typeof documentSchema>;
let text: string;
beforeAll(async () => {
  stack = await startApi();
  const response = await stack.call('/openapi.json', { key: '' });
  text = await response.text();
  document = documentSchema.parse(JSON.parse(text));
});
afterAll(() => stack?.stop());

const operations = () =>
  Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ name: `${method} ${path}`, ...operation })),
  );

test('every call of the contract is described', () => {
  expect(
    operations()
      .map(({ name }) => name)
      .toSorted(),
  ).toEqual(
    [
      'delete /api/keys/{id}',
      'get /api/audit',
      'get /api/callbacks',
      'get /api/keys',
      'get /api/orphans',
      'get /api/preflight',
      'get /api/provisioning',
      'get /api/provisioning/{id}',
      'get /api/provisioning/{id}/callbacks',
      'get /api/provisioning/{id}/events',
      'get /api/provisioning/{id}/timeline',
      'get /api/summary',
      'get /docs',
      'get /healthz',
      'get /metrics',
      'get /openapi.json',
      'get /readyz',
      'post /api/callbacks/redeliver',
      'post /api/keys',
      'post /api/orphans/look',
      'post /api/provisioning',
      'post /api/provisioning/{id}/callbacks/{callbackId}/redeliver',
      'post /api/provisioning/{id}/cancel',
      'post /api/provisioning/{id}/resources/{resourceId}/forget',
      'post /api/provisioning/{id}/resume',
      'post /api/provisioning/{id}/rollback',
    ].toSorted(),
  );
});

test('each has a name of its own, and says what it answers when it goes well and when not', () => {
  const names = operations().map(({ operationId }) => operationId);
  expect(new Set(names).size).toBe(names.length);
  for (const { name, responses } of operations()) {
    expect(
      Object.keys(responses).some((status) => status.startsWith('2')),
      name,
    ).toBe(true);
    expect(responses, name).toHaveProperty('400');
  }
});

test('all but health and documentation want a key, and say what becomes of a request without one', () => {
  for (const { name, responses } of operations().filter(({ security }) => security === undefined))
    expect(Object.keys(responses), name).toEqual(expect.arrayContaining(['401', '403', '429', '503']));
  const open = operations().filter(({ security }) => security?.length === 0);
  expect(open.map(({ name }) => name).toSorted()).toEqual([
    'get /docs',
    'get /healthz',
    'get /openapi.json',
    'get /readyz',
  ]);
});

test('its server is where it was asked, and no secret is in it', () => {
  expect(document.servers).toEqual([{ url: stack.server.url }]);
  for (const name of ['ADMIN_API_KEY', 'ENCRYPTION_KEYS', 'WEBHOOK_SIGNING_SECRET', 'GITHUB_TOKEN'])
    expect(text).not.toContain(stack.environment[name]);
});

test('each says which roles may call it', () => {
  const described = Object.fromEntries(
    operations().map(({ name, description }) => [name, description ?? '']),
  );

  expect(described['post /api/provisioning']).toContain(
    'For `provisioner`, `admin`; with `dryRun=true` for `provisioner`, `operator`, `admin`.',
  );
  expect(described['post /api/keys']).toContain('For `admin`.');
  expect(described['get /api/audit']).toContain('For `operator`, `admin`.');
});

test('what the documentation sends at the first click is taken', async () => {
  const { examples } = z
    .object({
      paths: z.object({
        '/api/provisioning': z.object({
          post: z.object({
            requestBody: z.object({
              content: z.object({
                'application/json': z.object({ schema: z.object({ examples: z.array(z.unknown()) }) }),
              }),
            }),
          }),
        }),
      }),
    })
    .transform(({ paths }) => paths['/api/provisioning'].post.requestBody.content['application/json'].schema)
    .parse(await (await stack.call('/openapi.json')).json());

  expect((await post(stack, examples[0])).status).toBe(202);
});
