/**
 * The decisions of an operator: `/api/provisioning/{id}/cancel`, `/resume`, `/rollback`.
 *
 * The callback that tells of it leaves at once; the sweeper enqueues what follows.
 */
import { z } from 'zod';
import { provisioningAnswer } from '../../api/answers.ts';
import { plainText } from '../../api/order.ts';
import { cancelProvisioning, resumeProvisioning, rollBackByOperator } from '../../ledger/operator-acts.ts';
import type { Snapshot } from '../../ledger/rows.ts';
import { may } from '../../ledger/roles.ts';
import { actorOf, forbidden } from '../auth/caller.ts';
import type { Deps } from '../deps.ts';
import { Problem } from '../problem.ts';
import { provisioningId } from '../requests.ts';
import { defineRoute, type AnyRoute } from '../route.ts';
import { actAndTell } from '../tell-caller.ts';
import { readShown } from './shown.ts';

const reason = plainText(500).optional().meta({ description: 'Why; it stays in the history.' });
const params = z.strictObject({ id: provisioningId });
const act = {
  method: 'post',
  permission: 'operate',
  tag: 'operator',
  params,
  isBodyOptional: true,
  answers: { 202: { description: 'Begun.', schema: provisioningAnswer } },
} as const;

export function operatorRoutes(deps: Deps): AnyRoute[] {
  const cancel = defineRoute({
    ...act,
    path: '/api/provisioning/{id}/cancel',
    operationId: 'cancelProvisioning',
    summary: 'Ends a provisioning that is queued, running or paused, and undoes it',
    body: z.strictObject({ reason }),
    problems: { 409: '`wrong-state`: it has ended, or is being rolled back.' },
    async handle({ params: { id }, caller, request, body }) {
      const hasActed = await actAndTell(deps, id, (report) =>
        cancelProvisioning(deps.pool, id, actorOf(caller, request, body.reason), report),
      );
      return answer(deps, id, hasActed, 'It has ended, or is being rolled back.');
    },
  });

  const resume = defineRoute({
    ...act,
    path: '/api/provisioning/{id}/resume',
    operationId: 'resumeProvisioning',
    summary: 'Goes on from the step that failed',
    body: z.strictObject({ reason }),
    problems: { 409: '`wrong-state`: it is not paused.' },
    async handle({ params: { id }, caller, request, body }) {
      const hasActed = await resumeProvisioning(deps.pool, id, actorOf(caller, request, body.reason));
      return answer(deps, id, hasActed, 'It is not paused.');
    },
  });

  const rollback = defineRoute({
    ...act,
    path: '/api/provisioning/{id}/rollback',
    operationId: 'rollBackProvisioning',
    summary: 'Undoes a paused one, takes an incomplete rollback up again, or offboards a client that works',
    description: 'Offboarding needs the role admin, and `{"confirm":"<clientId>"}`.',
    body: z.strictObject({ reason, confirm: z.string('must be a string').max(100).optional() }),
    problems: {
      409: '`wrong-state`: there is nothing to undo.',
      428: '`confirmation-required`: this would delete the stack of a client that works.',
    },
    async handle({ params: { id }, caller, request, body }) {
      const isAllowed = ({ provisioning }: Snapshot) => {
        // An incomplete rollback was confirmed when it began.
        if (provisioning.status !== 'succeeded' || provisioning.rollback_status === 'incomplete') return;
        if (!may(caller.role, 'administer')) throw forbidden(caller, 'administer');
        if (body.confirm !== provisioning.client_id)
          throw new Problem(
            428,
            'confirmation-required',
            'This deletes the stack of a client that works: send {"confirm":"<clientId>"}.',
          );
      };
      const hasActed = await actAndTell(deps, id, (report) =>
        rollBackByOperator(deps.pool, id, actorOf(caller, request, body.reason), { isAllowed, report }),
      );
      const refusal = 'Only a paused, an incomplete or a succeeded one can be rolled back.';
      return answer(deps, id, hasActed, refusal);
    },
  });

  return [cancel, resume, rollback];
}

/** The provisioning as it is now; 404 where there is none, 409 where the act did not fit its state. */
async function answer(deps: Deps, id: string, hasActed: boolean, refusal: string) {
  const body = await readShown(deps, id);
  if (!hasActed) {
    const { status, rollback } = body;
    throw new Problem(
      409,
      'wrong-state',
      `${refusal} Its status is ${status}, its rollback ${rollback.status}.`,
    );
  }
  return { status: 202, body };
}
