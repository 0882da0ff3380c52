import type { VendorFacts } from './facts.ts';
import {
  anything,
  boolean,
  closed,
  list,
  nullable,
  number,
  object,
  oneOf,
  record,
  text,
  type Shape,
} from './shape.ts';

const page = (tag: string): string => `https://docs.n8n.io/api/api-reference/#${tag}`;
const webhookPage = 'https://docs.n8n.io/integrations/builtin/core-nodes/n8n-nodes-base.webhook/';

const message = object({ message: text });
const switchable = oneOf('true', 'false');
const readNode = object({
  'id?': text,
  'type?': text,
  'webhookId?': text,
  'parameters?': object({ 'path?': anything }),
});
/** Where the next page begins. */
const cursor: Shape = {
  ...text,
  contentEncoding: 'base64',
  contentMediaType: 'application/json',
  contentSchema: object({ limit: number, offset: number }),
};
const workflow = {
  id: text,
  name: text,
  active: boolean,
  isArchived: boolean,
  createdAt: text,
  updatedAt: text,
  nodes: list(readNode),
  'activeVersion?': nullable(object({ nodes: list(readNode) })),
};
const active = object({ active: boolean });
const nothing = object({});
const unknownRoute =
  'a server that lacks the words of the route answers 404, or 405 from 1.123 to 2.32: seen';

export const n8n: VendorFacts = {
  date: '2026-11-30',
  operations: {
    'GET /discover': {
      reference: page('tag/discover'),
      note: '404 on servers of before 2026: seen',
      answers: { 200: object({ data: object({ scopes: list(text) }) }), 404: message },
    },
    'GET /workflows': {
      reference: page('tag/workflow/GET/workflows'),
      note: 'what is in a cursor: seen in all versions tried',
      query: {
        'limit?': { ...number, maximum: 250 },
        'cursor?': cursor,
        'name?': text,
        'excludePinnedData?': switchable,
      },
      answers: { 200: object({ data: list(object(workflow)), nextCursor: nullable(cursor) }) },
    },
    'GET /workflows/{id}': {
      reference: page('tag/workflow/GET/workflows/{id}'),
      query: { 'excludePinnedData?': switchable },
      answers: { 200: object(workflow), 404: message },
    },
    'POST /workflows': {
      reference: page('tag/workflow/POST/workflows'),
      note: '200, not 201: seen',
      body: closed({
        name: text,
        nodes: list(
          closed({
            'id?': text,
            'name?': text,
            'type?': text,
            'typeVersion?': number,
            'position?': list(number),
            'webhookId?': text,
            'parameters?': record,
          }),
        ),
        connections: record,
        settings: closed({ 'executionOrder?': text }),
      }),
      answers: { 200: object({ id: text, name: text }) },
    },
    'DELETE /workflows/{id}': {
      reference: page('tag/workflow/DELETE/workflows/{id}'),
      answers: { 200: record, 409: message },
    },
    'POST /workflows/{id}/publish': {
      reference: page('tag/workflow/POST/workflows/{id}/publish'),
      note: unknownRoute,
      body: nothing,
      answers: { 200: active, 404: message, 405: message },
    },
    'POST /workflows/{id}/unpublish': {
      reference: page('tag/workflow/POST/workflows/{id}/unpublish'),
      note: unknownRoute,
      body: nothing,
      answers: { 200: active, 404: message, 405: message },
    },
    'POST /workflows/{id}/activate': {
      reference: page('tag/workflow/POST/workflows/{id}/activate'),
      body: nothing,
      answers: { 200: active },
    },
    'POST /workflows/{id}/deactivate': {
      reference: page('tag/workflow/POST/workflows/{id}/deactivate'),
      body: nothing,
      answers: { 200: active },
    },
    'GET /webhook/{path}': {
      reference: webhookPage,
      note: 'on no page of the API: the address that a published workflow serves; the texts of both 404s: seen',
      answers: { 404: message },
    },
    'OPTIONS /webhook/{path}': {
      reference: webhookPage,
      note: 'names the methods of the path in access-control-allow-methods and runs nothing: seen',
      answers: { 204: undefined },
    },
  },
};
