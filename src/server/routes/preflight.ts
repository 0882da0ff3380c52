/** `/api/preflight`: whether the providers would let a provisioning through, as a worker sees it right now. */
import { preflightAnswer, reportOf } from '../../api/preflight.ts';
import { askPreflight } from '../ask-preflight.ts';
import type { Deps } from '../deps.ts';
import { defineRoute, type AnyRoute } from '../route.ts';

export function preflightRoutes(deps: Deps): AnyRoute[] {
  const check = defineRoute({
    method: 'get',
    path: '/api/preflight',
    permission: 'preflight',
    operationId: 'checkProviders',
    tag: 'operator',
    summary: 'Asks the providers whether a provisioning would get through',
    description:
      'A worker asks, with reads only: tokens, rights, quota, template. It takes up to half a minute.',
    answers: {
      200: { description: 'Every check, with what to do where one fails.', schema: preflightAnswer },
    },
    problems: { 503: '`worker-unavailable`: no worker has answered.' },
    isWithoutDatabase: true,
    handle: async () => ({ status: 200, body: reportOf((await askPreflight(deps, {})).checks) }),
  });
  return [check];
}
