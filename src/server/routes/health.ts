/** `/healthz`: the process is alive. `/readyz`: it can do its work. */
import { Router } from 'express';
import { requireLedger } from '../../ledger/ready.ts';
import type { Deps } from '../deps.ts';

const checkTimeoutMs = 2000;

export function healthRoutes(deps: Deps): Router {
  const router = Router();

  router.get('/healthz', (_request, response) => {
    response.json({ status: 'ok' });
  });

  router.get('/readyz', async (_request, response) => {
    const [isDatabaseThere, isQueueThere] = await Promise.all([
      requireLedger(deps.pool).then(
        () => true,
        () => false,
      ),
      deps.queues()?.isReachable(checkTimeoutMs) ?? false,
    ]);
    const away = [...(isDatabaseThere ? [] : ['database']), ...(isQueueThere ? [] : ['queue'])];
    const isReady = away.length === 0;
    response
      .status(isReady ? 200 : 503)
      .json(isReady ? { status: 'ready' } : { status: 'unavailable', away });
  });

  return router;
}
