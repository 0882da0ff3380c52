/** What an operator decides: `/api/provisioning/{id}/cancel`, `/resume`, `/rollback`. The sweeper enqueues what follows. */
import { Router } from 'express';
import { z } from 'zod';
import { presentProvisioning } from '../../api/present.ts';
import { reportChange, type CallbackType } from '../../api/report.ts';
import { cancelProvisioning, resumeProvisioning, rollBackByOperator } from '../../ledger/operator-acts.ts';
import type { Queryable } from '../../ledger/pool.ts';
import { readFullSnapshots } from '../../ledger/provisionings.ts';
import type { Deps } from '../deps.ts';
import { parseBody, parseId, parseQuery, readBody } from '../middleware/parse.ts';
import { Problem } from '../problem.ts';
import { noQuery } from '../requests.ts';

const confirmation = z.strictObject({ confirm: z.string('must be a string').optional() });

/** The bootstrap key is the only one there is. */
const actor = { by: 'admin' };

export function operatorRoutes(deps: Deps): Router {
  const router = Router();
  const reporter = (id: string) => (db: Queryable, type: CallbackType) =>
    reportChange(db, { steps: deps.steps, publicUrl: deps.publicUrl() }, id, type);

  router.post('/:id/cancel', async (request, response) => {
    parseQuery(request, noQuery);
    const id = parseId(request);
    const hasActed = await cancelProvisioning(deps.pool, id, actor, reporter(id));
    response.status(202).json(await present(deps, id, hasActed, 'It has ended, or is being rolled back.'));
  });

  router.post('/:id/resume', async (request, response) => {
    parseQuery(request, noQuery);
    const id = parseId(request);
    const hasActed = await resumeProvisioning(deps.pool, id, actor);
    response.status(202).json(await present(deps, id, hasActed, 'It is not paused.'));
  });

  router.post('/:id/rollback', ...readBody, async (request, response) => {
    parseQuery(request, noQuery);
    const id = parseId(request);
    const { confirm } = request.body === undefined ? {} : parseBody(request, confirmation);
    const hasActed = await rollBackByOperator(deps.pool, id, actor, {
      isAllowed: ({ provisioning }) => {
        if (provisioning.status === 'succeeded' && confirm !== provisioning.client_id)
          throw new Problem(
            428,
            'confirmation-required',
            'This deletes the stack of a client that works: send {"confirm":"<clientId>"}.',
          );
      },
      report: reporter(id),
    });
    const refusal = 'Only a paused, an incomplete or a succeeded one can be rolled back.';
    response.status(202).json(await present(deps, id, hasActed, refusal));
  });

  return router;
}

/** The provisioning as it is now; 404 where there is none, 409 where the act did not fit its state. */
async function present(deps: Deps, id: string, hasActed: boolean, refusal: string) {
  const [snapshot] = await readFullSnapshots(deps.pool, [id]);
  if (snapshot === undefined) throw new Problem(404, 'not-found', 'There is no provisioning of this id.');
  if (!hasActed) throw new Problem(409, 'wrong-state', refusal);
  return presentProvisioning(snapshot, deps.steps, deps.publicUrl());
}
