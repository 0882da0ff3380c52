/** `/api/provisioning/{id}/events`: the history, as pages of JSON or as a live stream. */
import { z } from 'zod';
import { eventAnswer, pageOf } from '../../api/answers.ts';
import { presentEvent } from '../../api/present.ts';
import { listEvents, readProgress } from '../../ledger/events.ts';
import { isDone } from '../../provisioning.ts';
import type { Deps } from '../deps.ts';
import { eventHub } from '../events/hub.ts';
import { streamEvents } from '../events/stream.ts';
import { invalidFields, Problem } from '../problem.ts';
import { limitParameter, provisioningId, sequenceParameter } from '../requests.ts';
import { defineRoute, type AnyRoute } from '../route.ts';
import { notThere } from './shown.ts';

const heartbeatMs = 15_000;

/** `mostStreams`: one process holds no more of them open. */
export function eventRoutes(deps: Deps, mostStreams = 1000): AnyRoute[] {
  const hub = eventHub(deps.pool, (error) => deps.log.warn({ err: error }, 'events could not be read'));

  const list = defineRoute({
    method: 'get',
    path: '/api/provisioning/{id}/events',
    permission: 'read',
    operationId: 'listEvents',
    tag: 'provisioning',
    summary: 'The history of a provisioning',
    description:
      'With `Accept: text/event-stream` a live stream of Server-Sent Events: `id` is the sequence, a comment comes ' +
      'every 15 seconds, and it ends after the last event. A reader that comes back and has them all is answered 204.',
    params: z.strictObject({ id: provisioningId }),
    query: z.strictObject({ limit: limitParameter(500, 100), cursor: sequenceParameter.default(0) }),
    headers: {
      Accept: '`text/event-stream` for a stream.',
      'Last-Event-ID': 'Of a stream: goes on after this sequence.',
    },
    answers: {
      200: {
        description: 'A page, oldest first; or the stream.',
        schema: pageOf(eventAnswer),
        alsoAs: 'text/event-stream',
      },
      204: { description: 'Of a stream: nothing more will come.' },
    },
    problems: {
      503: '`too-many-streams`, or what any route may say; `Retry-After` says when to come again.',
    },
    async handle({ params: { id }, query: { limit, cursor }, caller, request, response }) {
      const [progress] = await readProgress(deps.pool, [id]);
      if (progress === undefined) throw notThere();
      const wanted = request.accepts(['application/json', 'text/event-stream']);
      // A HEAD has no body that could be streamed.
      if (wanted === 'text/event-stream' && request.method === 'GET') {
        const after = lastEventId(request.headers['last-event-id']) ?? cursor;
        const hasAll = after > 0 && after >= progress.last_event;
        if (hasAll && isDone(progress.status, progress.rollback_status)) return { status: 204 };
        if (hub.size >= mostStreams)
          throw new Problem(503, 'too-many-streams', 'This process holds as many streams as it can.', {
            headers: { 'Retry-After': '5' },
          });
        streamEvents(response, {
          hub,
          provisioningId: id,
          after,
          heartbeatMs,
          mayRead: () => caller.stillCounts(),
          stopping: deps.stopping,
        });
        return undefined;
      }
      const events = await listEvents(deps.pool, [{ provisioningId: id, sequence: cursor }], limit + 1);
      const shown = events.slice(0, limit);
      const last = shown.at(-1);
      return {
        status: 200,
        body: {
          items: shown.map(presentEvent),
          nextCursor: events.length > limit && last !== undefined ? String(last.sequence) : null,
        },
      };
    },
  });
  return [list];
}

function lastEventId(header: string | string[] | undefined): number | undefined {
  if (header === undefined || header === '') return undefined;
  const parsed = sequenceParameter.safeParse(header);
  if (!parsed.success)
    throw invalidFields([{ pointer: 'Last-Event-ID', detail: 'must be the id of an event of this stream' }]);
  return parsed.data;
}
