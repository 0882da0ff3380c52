/** `/api/summary`: who is needed, how many clients there are, and how everything is. */
import { summaryAnswer } from '../../api/summary.ts';
import type { Deps } from '../deps.ts';
import { defineRoute, type AnyRoute } from '../route.ts';
import { summarize } from '../summarize.ts';

export function summaryRoutes(deps: Deps): AnyRoute[] {
  const summary = defineRoute({
    method: 'get',
    path: '/api/summary',
    permission: 'read',
    operationId: 'summarize',
    tag: 'operator',
    summary: 'What needs somebody, the clients by state, and how everything is',
    answers: { 200: { description: 'As it is now.', schema: summaryAnswer } },
    handle: async () => ({ status: 200, body: await summarize(deps) }),
  });
  return [summary];
}
