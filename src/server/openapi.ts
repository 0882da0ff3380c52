/** The OpenAPI document, made of the routes that are mounted and of the schemas that check what they are sent. */
import { z } from 'zod';
import { createDocument, type ZodOpenApiOperationObject, type ZodOpenApiPathsObject } from 'zod-openapi';
import { callbackBody, problemAnswer } from '../api/answers.ts';
import { rolesThatMay, type Permission } from '../ledger/roles.ts';
import type { AnyRoute, RouteAnswer } from './route.ts';

const tags = {
  provisioning: 'Ask for a stack, and see what becomes of it.',
  operator: 'What a person decides when it sticks.',
  callbacks: 'What was told to the caller.',
  access: 'Who may come in, and who has done what.',
  health: 'For whoever watches the process.',
  documentation: 'This description.',
} as const;

export function describeApi(routes: readonly AnyRoute[], publicUrl: string) {
  const paths: ZodOpenApiPathsObject = {};
  for (const route of routes)
    paths[route.path] = { ...paths[route.path], [route.method]: describeRoute(route) };
  return createDocument({
    openapi: '3.1.1',
    info: {
      title: 'client-provisioner',
      version: '1',
      description:
        'One request gives a new client a whole stack; a failure undoes all of it. ' +
        'Errors are RFC 9457 problem documents. `X-Request-Id` is echoed, or made.',
    },
    servers: [{ url: publicUrl }],
    security: [{ key: [] }],
    tags: Object.entries(tags).map(([name, description]) => ({ name, description })),
    paths,
    webhooks: { callback: { post: describeCallback() } },
    components: {
      securitySchemes: {
        key: {
          type: 'http',
          scheme: 'bearer',
          description: 'An API key, or a JWT where those are accepted.',
        },
      },
      schemas: { Problem: problemAnswer },
    },
  });
}

function describeRoute(route: AnyRoute): ZodOpenApiOperationObject {
  const { operationId, summary, tag, permission } = route;
  return {
    operationId,
    summary,
    tags: [tag],
    description: [route.description, ...rolesText(route)].filter((text) => text !== undefined).join('\n\n'),
    ...(permission === 'public' ? { security: [] } : {}),
    requestParams: {
      ...(route.params === undefined ? {} : { path: route.params }),
      ...(route.query === undefined ? {} : { query: route.query }),
      ...(route.headers === undefined ? {} : { header: headersOf(route.headers) }),
    },
    ...(route.body === undefined
      ? {}
      : {
          requestBody: {
            required: route.isBodyOptional !== true,
            content: { 'application/json': { schema: route.body } },
          },
        }),
    responses: {
      ...Object.fromEntries(
        Object.entries(problemsOf(route)).map(([status, description]) => [
          status,
          { description, content: { 'application/problem+json': { schema: problemAnswer } } },
        ]),
      ),
      ...Object.fromEntries(
        Object.entries(route.answers).map(([status, answer]) => [status, describeAnswer(answer)]),
      ),
    },
  };
}

/** The roles that may call it. */
function rolesText({ permission, dryRunPermission }: AnyRoute): string[] {
  if (permission === 'public') return [];
  const named = (needed: Permission) =>
    rolesThatMay(needed)
      .map((role) => `\`${role}\``)
      .join(', ');
  const planning =
    dryRunPermission === undefined ? '' : `; with \`dryRun=true\` for ${named(dryRunPermission)}`;
  return [`For ${named(permission)}${planning}.`];
}

/** The messages that a `callbackUrl` gets. */
function describeCallback(): ZodOpenApiOperationObject {
  const headers = {
    'webhook-id': 'The same on every attempt: drop what you have seen.',
    'webhook-timestamp': 'Seconds since 1970, of this attempt.',
    'webhook-signature': '`v1,<base64>`, as Standard Webhooks say; one for each signing secret.',
  };
  return {
    operationId: 'receiveCallback',
    summary: 'What your callbackUrl is sent as a provisioning ends, pauses or is undone',
    description:
      'Signed as https://www.standardwebhooks.com say, in order, at least once; tried again for a day. ' +
      'A redirect is a failure. A `Retry-After` is honoured.',
    tags: ['callbacks'],
    security: [],
    requestParams: { header: headersOf(headers) },
    requestBody: { required: true, content: { 'application/json': { schema: callbackBody } } },
    responses: {
      '2XX': { description: 'It has arrived.' },
      410: { description: 'This and all later ones of the provisioning are not sent any more.' },
    },
  };
}

function describeAnswer({ description, schema, contentType, alsoAs, headers }: RouteAnswer) {
  return {
    description,
    ...(headers === undefined
      ? {}
      : {
          headers: Object.fromEntries(
            Object.entries(headers).map(([name, text]) => [
              name,
              { description: text, schema: { type: 'string' as const } },
            ]),
          ),
        }),
    ...(schema === undefined && contentType === undefined
      ? {}
      : {
          content: {
            [contentType ?? 'application/json']: schema === undefined ? {} : { schema },
            ...(alsoAs === undefined ? {} : { [alsoAs]: {} }),
          },
        }),
  };
}

function headersOf(headers: Readonly<Record<string, string>>) {
  return z.object(
    Object.fromEntries(
      Object.entries(headers).map(([name, description]) => [
        name,
        z.string().optional().meta({ description }),
      ]),
    ),
  );
}

/** The problems that every route of its kind may answer, and its own. */
function problemsOf(route: AnyRoute): Record<number, string> {
  const isOpen = route.permission === 'public';
  return {
    400: 'Something of the request is not as it must be; `errors` points at it.',
    ...(isOpen
      ? {}
      : {
          401: 'No key, or none that counts.',
          403: 'No role of the key may do it; `detail` names the roles that may.',
          429: 'Too many requests; `Retry-After` says when to come again.',
          503: 'The database is away, or the process stops; `Retry-After` says when to come again.',
        }),
    ...(route.params === undefined ? {} : { 404: 'There is nothing of this id.' }),
    ...(route.body === undefined
      ? {}
      : { 413: 'The body is larger than 64 KiB.', 415: 'The body is not application/json.' }),
    ...route.problems,
  };
}
