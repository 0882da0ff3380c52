/** `/api/provisioning`: accept, list and show. */
import { randomUUID } from 'node:crypto';
import { Router } from 'express';
import { passCrashPoint } from '../../crash-points.ts';
import { acceptProvisioning, listProvisionings, readFullSnapshots } from '../../ledger/provisionings.ts';
import type { Snapshot } from '../../ledger/rows.ts';
import { presentProvisioning } from '../../api/present.ts';
import { provisionClient } from '../../queue/enqueue.ts';
import type { Deps } from '../deps.ts';
import { parseBody, parseId, parseQuery, readBody } from '../middleware/parse.ts';
import { Problem } from '../problem.ts';
import { cursorFor, listQuery, newProvisioningSchema, noQuery } from '../requests.ts';

/** How long an answer waits for the queue. The row is committed, so a queue that is away costs time only. */
const enqueueTimeoutMs = 400;

export function provisioningRoutes(deps: Deps): Router {
  const router = Router();
  const newProvisioning = newProvisioningSchema(deps.config.CALLBACK_ALLOWED_HOSTS);

  router.post('/', ...readBody, async (request, response) => {
    parseQuery(request, noQuery);
    const order = parseBody(request, newProvisioning);
    const accepted = await acceptProvisioning(deps.pool, {
      id: randomUUID(),
      ...order,
      callbackUrl: order.callbackUrl,
      stepNames: deps.steps.map(({ name }) => name),
      sweepAfterMs: deps.config.SWEEP_INTERVAL_MS,
    });
    if ('takenBy' in accepted)
      throw new Problem(
        409,
        accepted.hasSucceeded ? 'client-exists' : 'client-busy',
        accepted.hasSucceeded
          ? `Client ${order.clientId} is provisioned already.`
          : `Client ${order.clientId} has a provisioning that is not done or needs attention.`,
        { extra: { provisioningId: accepted.takenBy } },
      );
    passCrashPoint('accepted');
    await enqueue(deps, accepted);
    passCrashPoint('enqueued');
    const body = presentProvisioning({ ...accepted, resources: [] }, deps.steps, deps.publicUrl());
    request.log.info({ provisioning: body.id, client: body.clientId }, 'provisioning accepted');
    response.status(202).location(`/api/provisioning/${body.id}`).json(body);
  });

  router.get('/', async (request, response) => {
    const query = parseQuery(request, listQuery);
    const page = await listProvisionings(deps.pool, {
      ...query,
      after: query.cursor,
      limit: query.limit + 1,
    });
    const shown = page.slice(0, query.limit);
    const last = shown.at(-1);
    const snapshots = await readFullSnapshots(
      deps.pool,
      shown.map(({ id }) => id),
    );
    response.json({
      items: snapshots.map((snapshot) => presentProvisioning(snapshot, deps.steps, deps.publicUrl())),
      nextCursor: page.length > query.limit && last !== undefined ? cursorFor(last) : null,
    });
  });

  router.get('/:id', async (request, response) => {
    parseQuery(request, noQuery);
    const [snapshot] = await readFullSnapshots(deps.pool, [parseId(request)]);
    if (snapshot === undefined) throw new Problem(404, 'not-found', 'There is no provisioning of this id.');
    response.json(presentProvisioning(snapshot, deps.steps, deps.publicUrl()));
  });

  return router;
}

async function enqueue(deps: Deps, { provisioning, steps }: Snapshot): Promise<void> {
  const queues = deps.queues();
  if (queues === undefined) return;
  await provisionClient(queues, { provisioning, remaining: steps }, enqueueTimeoutMs).catch(
    (error: unknown) => {
      deps.log.warn(
        { err: error, provisioning: provisioning.id },
        'the queue did not take a flow; the sweeper will',
      );
    },
  );
}
