/** `/api/provisioning`: accept, list and show. */
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { pageOf, provisioningAnswer } from '../../api/answers.ts';
import { planAnswer } from '../../api/preflight.ts';
import { presentProvisioning } from '../../api/present.ts';
import { passCrashPoint } from '../../crash-points.ts';
import { acceptProvisioning, listProvisionings, readFullSnapshots } from '../../ledger/provisionings.ts';
import type { Snapshot } from '../../ledger/rows.ts';
import { provisionClient } from '../../queue/enqueue.ts';
import { activeTraceParent } from '../../telemetry/trace-parent.ts';
import type { Deps } from '../deps.ts';
import { addressOf } from '../auth/address.ts';
import { planProvisioning } from './dry-run.ts';
import { Problem } from '../problem.ts';
import { cursorFor, listQuery, newProvisioningSchema, provisioningId } from '../requests.ts';
import { idempotencyKeyOf, replay, replyOf } from '../idempotency.ts';
import { defineRoute, type AnyRoute } from '../route.ts';
import { readShown } from './shown.ts';

export function provisioningRoutes(deps: Deps): AnyRoute[] {
  const accept = defineRoute({
    method: 'post',
    path: '/api/provisioning',
    permission: 'create',
    dryRunPermission: 'preflight',
    operationId: 'provisionClient',
    tag: 'provisioning',
    summary: 'Provisions a client',
    description:
      'The 202 means a committed row: it ends, whatever happens to the queue. With `dryRun=true` nothing is written ' +
      'anywhere: the answer is what would be made, and what stands in its way.',
    query: z.strictObject({ dryRun: z.enum(['true', 'false'], 'must be true or false').optional() }),
    body: newProvisioningSchema(deps.config.CALLBACK_ALLOWED_HOSTS),
    answers: {
      200: { description: 'With `dryRun=true`: the plan.', schema: planAnswer },
      202: {
        description: 'Accepted.',
        schema: provisioningAnswer,
        headers: {
          Location: 'Where to ask for its state.',
          'Idempotency-Replayed': '`true` on an answer that was given before.',
        },
      },
    },
    headers: {
      'Idempotency-Key':
        'At most 255 characters. The same key and body get the first answer again for 24 hours.',
    },
    problems: {
      409: '`client-busy` or `client-exists`, with `provisioningId`; `idempotency-in-flight`.',
      422: '`idempotency-key-reused`: the key came with another body before.',
      503: '`worker-unavailable`: no worker has answered a dry run.',
    },
    async handle({ body: order, query, caller, request }) {
      const key = idempotencyKeyOf(request, caller);
      if (query.dryRun === 'true') return { status: 200, body: await planProvisioning(deps, order.clientId) };
      const answerFor = (snapshot: Snapshot) => {
        const body = presentProvisioning({ ...snapshot, resources: [] }, deps.steps, deps.publicUrl());
        return { status: 202, location: `/api/provisioning/${body.id}`, body: JSON.stringify(body) };
      };
      const accepted = await acceptProvisioning(
        deps.pool,
        {
          id: randomUUID(),
          by: caller.by,
          address: addressOf(request),
          ...order,
          callbackUrl: order.callbackUrl,
          stepNames: deps.steps.map(({ name }) => name),
          traceParent: activeTraceParent(),
          sweepAfterMs: deps.config.SWEEP_INTERVAL_MS,
          idempotency: key && { key, answerFor },
        },
        deps.transitions,
      );
      if ('keyUse' in accepted) return replay(accepted.keyUse);
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
      // The row is committed: the answer need not wait for the queue.
      deps.inBackground(enqueue(deps, accepted));
      const { id, client_id: client } = accepted.provisioning;
      request.log.info({ provisioning: id, client }, 'provisioning accepted');
      return replyOf(answerFor(accepted));
    },
  });

  const list = defineRoute({
    method: 'get',
    path: '/api/provisioning',
    permission: 'read',
    operationId: 'listProvisionings',
    tag: 'provisioning',
    summary: 'Lists provisionings, newest first',
    query: listQuery,
    answers: { 200: { description: 'A page of them.', schema: pageOf(provisioningAnswer) } },
    async handle({ query }) {
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
      return {
        status: 200,
        body: {
          items: snapshots.map((snapshot) => presentProvisioning(snapshot, deps.steps, deps.publicUrl())),
          nextCursor: page.length > query.limit && last !== undefined ? cursorFor(last) : null,
        },
      };
    },
  });

  const show = defineRoute({
    method: 'get',
    path: '/api/provisioning/{id}',
    permission: 'read',
    operationId: 'showProvisioning',
    tag: 'provisioning',
    summary: 'Shows a provisioning: its state, steps, resources and result',
    params: z.strictObject({ id: provisioningId }),
    answers: { 200: { description: 'As it is now.', schema: provisioningAnswer } },
    handle: async ({ params, caller }) => ({ status: 200, body: await readShown(deps, params.id, caller) }),
  });

  return [accept, list, show];
}

async function enqueue(deps: Deps, { provisioning, steps }: Snapshot): Promise<void> {
  const queues = deps.queues();
  if (queues === undefined) return;
  await provisionClient(queues, { provisioning, remaining: steps }).catch((error: unknown) => {
    deps.log.warn(
      { err: error, provisioning: provisioning.id },
      'the queue took no flow: the sweeper enqueues it later',
    );
  });
  passCrashPoint('enqueued');
}
