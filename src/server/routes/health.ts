/** `/healthz`: the process is alive. `/readyz`: it can do its work. */
import { z } from 'zod';
import { requireLedger } from '../../ledger/migrate.ts';
import { within } from '../../queue/within.ts';
import type { Deps } from '../deps.ts';
import { defineRoute, type AnyRoute } from '../route.ts';

const checkTimeoutMs = 2000;

export function healthRoutes(deps: Deps): AnyRoute[] {
  const alive = defineRoute({
    method: 'get',
    path: '/healthz',
    permission: 'public',
    operationId: 'isAlive',
    tag: 'health',
    summary: 'The process is alive',
    query: z.looseObject({}),
    answers: { 200: { description: 'It is.', schema: z.strictObject({ status: z.literal('ok') }) } },
    handle: async () => ({ status: 200, body: { status: 'ok' } }),
  });

  const ready = defineRoute({
    method: 'get',
    path: '/readyz',
    permission: 'public',
    operationId: 'isReady',
    tag: 'health',
    summary: 'The process can do its work',
    query: z.looseObject({}),
    answers: {
      200: { description: 'It can.', schema: z.strictObject({ status: z.literal('ready') }) },
      503: {
        description: 'Something is away.',
        schema: z.strictObject({
          status: z.literal('unavailable'),
          away: z.array(z.enum(['database', 'queue'])),
        }),
      },
    },
    async handle() {
      const [isDatabaseThere, isQueueThere] = await Promise.all([
        within(checkTimeoutMs, requireLedger(deps.pool)).then(
          () => true,
          () => false,
        ),
        deps.queues()?.isReachable(checkTimeoutMs) ?? false,
      ]);
      const away = [...(isDatabaseThere ? [] : ['database']), ...(isQueueThere ? [] : ['queue'])];
      return away.length === 0
        ? { status: 200, body: { status: 'ready' } }
        : { status: 503, body: { status: 'unavailable', away } };
    },
  });

  return [alive, ready];
}
