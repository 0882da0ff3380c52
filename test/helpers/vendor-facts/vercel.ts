import type { VendorFacts } from './facts.ts';
import {
  boolean,
  closed,
  either,
  integer,
  list,
  matching,
  nullable,
  number,
  record,
  object,
  oneOf,
  text,
  type Shape,
} from './shape.ts';

const page = (name: string): string => `https://vercel.com/docs/rest-api/${name}`;

const scope = { 'teamId?': matching('^team_'), 'slug?': text };
const error = object({ error: object({ code: text }) });

const target = oneOf('production', 'preview', 'development');
const targets = either(target, list(target));
const variableType = oneOf('system', 'secret', 'encrypted', 'plain', 'sensitive');
const variable = object({ key: text, type: variableType, 'target?': targets, 'value?': text });
const projectFields = {
  id: text,
  name: text,
  'link?': nullable(object({ type: text, 'repoId?': number })),
  'createdAt?': number,
};
const account = { 'limited?': boolean, 'billing?': nullable(object({ plan: text })) };

const readyStates = ['QUEUED', 'INITIALIZING', 'BUILDING', 'READY', 'ERROR', 'CANCELED', 'BLOCKED'];
const next = (place: Shape): Shape => object({ next: nullable(place) });

export const vercel: VendorFacts = {
  date: '2026-11-30',
  operations: {
    'GET /v2/user': {
      reference: page('user/get-the-user'),
      answers: { 200: object({ user: object(account) }) },
    },
    'GET /v2/teams/{teamId}': {
      reference: page('teams/get-a-team'),
      query: scope,
      answers: { 200: object({ ...account, 'membership?': object({ role: text }) }) },
    },
    'GET /v1/integrations/git-namespaces': {
      reference: page('integrations/list-git-namespaces-by-provider'),
      query: { ...scope, 'provider?': oneOf('github', 'gitlab', 'bitbucket') },
      answers: { 200: list(object({ slug: text, 'requireReauth?': boolean })) },
    },
    'GET /v10/projects': {
      reference: page('projects/retrieve-a-list-of-projects'),
      query: { ...scope, 'limit?': text, 'from?': text, 'repoId?': text },
      answers: {
        200: object({
          projects: list(object({ ...projectFields, 'env?': list(variable) })),
          pagination: next(either(text, number)),
        }),
      },
    },
    'GET /v9/projects/{idOrName}': {
      reference: page('projects/find-a-project-by-id-or-name'),
      note: '404 as real runs show; the page has none',
      query: scope,
      answers: { 200: object(projectFields), 404: error },
    },
    'GET /v10/projects/{projectId}/env': {
      reference: page('projects/retrieve-the-environment-variables-of-a-project-by-id-or-name'),
      query: scope,
      answers: { 200: object({ envs: list(variable) }) },
    },
    'POST /v11/projects': {
      reference: page('projects/create-a-new-project'),
      query: scope,
      body: closed({
        name: { ...text, maxLength: 100 },
        'framework?': nullable(text),
        'rootDirectory?': nullable({ ...text, maxLength: 256 }),
        'gitRepository?': object({ type: oneOf('github'), repo: text }),
        'environmentVariables?': list(
          object({ key: text, value: text, target: targets, 'type?': variableType }),
        ),
      }),
      answers: { 200: object(projectFields) },
    },
    'DELETE /v9/projects/{projectId}': {
      reference: page('projects/delete-a-project'),
      query: scope,
      answers: { 204: undefined },
    },
    'GET /v6/deployments': {
      reference: page('deployments/list-deployments'),
      note: 'BLOCKED: seen in public reports',
      query: { ...scope, 'projectId?': text, 'limit?': number, 'until?': number },
      answers: {
        200: object({
          deployments: list(
            object({
              uid: text,
              'readyState?': oneOf(...readyStates, 'DELETED'),
              'meta?': record,
            }),
          ),
          pagination: next(number),
        }),
      },
    },
    'POST /v13/deployments': {
      reference: page('deployments/create-a-new-deployment'),
      query: { ...scope, 'skipAutoDetectionConfirmation?': oneOf('0', '1') },
      body: closed({
        name: text,
        'project?': text,
        'target?': text,
        'gitSource?': object({
          type: oneOf('github'),
          repoId: either(integer, text),
          ref: text,
          'sha?': text,
        }),
        'meta?': { type: 'object', additionalProperties: text },
      }),
      answers: { 200: object({ id: text }) },
    },
    'GET /v13/deployments/{id}': {
      reference: page('deployments/get-a-deployment-by-id-or-url'),
      note: 'BLOCKED and seatBlock: seen in public reports; a time as aliasAssigned: in the list',
      query: scope,
      answers: {
        200: object({
          id: text,
          readyState: oneOf(...readyStates),
          'aliasAssigned?': nullable(either(boolean, number)),
          'readyStateReason?': text,
          'errorCode?': text,
          'seatBlock?': object({ 'blockCode?': text }),
          'aliasError?': nullable(object({ code: text })),
          'alias?': list(text),
        }),
      },
    },
  },
};
