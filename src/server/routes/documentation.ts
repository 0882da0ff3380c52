/** `/openapi.json`: the API for programs; `/docs` shows the same to people. */
import type { Deps } from '../deps.ts';
import { docsPage } from './docs-page.ts';
import { describeApi } from '../openapi.ts';
import { defineRoute, type AnyRoute } from '../route.ts';

/** `routes`: all of them, these included, once they are known. */
export function documentationRoutes(deps: Deps, routes: () => readonly AnyRoute[]): AnyRoute[] {
  const document = defineRoute({
    method: 'get',
    path: '/openapi.json',
    permission: 'public',
    operationId: 'describeApi',
    tag: 'documentation',
    summary: 'This document',
    answers: { 200: { description: 'OpenAPI 3.1.', contentType: 'application/json' } },
    handle: async () => ({ status: 200, body: JSON.stringify(describeApi(routes(), deps.publicUrl())) }),
  });

  const page = defineRoute({
    method: 'get',
    path: '/docs',
    permission: 'public',
    operationId: 'showDocumentation',
    tag: 'documentation',
    summary: 'The same as a page for people',
    answers: { 200: { description: 'HTML.', contentType: 'text/html' } },
    handle: async () => ({ status: 200, body: docsPage }),
  });

  return [document, page];
}
