/** One client: its page, live, and its callbacks. */
import type { Router } from 'express';
import {
  callbacksAnswer,
  eventAnswer,
  pageOf,
  provisioningAnswer,
  timelineAnswer,
} from '../../api/answers.ts';
import type { Provisioning } from '../../console/data.ts';
import { clientPage } from '../../console/pages/client.ts';
import { readProgress } from '../../ledger/events.ts';
import type { Queryable } from '../../ledger/pool.ts';
import { Problem } from '../problem.ts';
import { fieldsOf, textOf, type Site, type Visit } from './visit.ts';

const provisionings = pageOf(provisioningAnswer);

/** The provisioning that a page is about: the one that is named, or the client's newest. */
export async function findRun({
  request,
  api,
}: Visit): Promise<{ one: Provisioning; others: Provisioning[] }> {
  const clientId = textOf(request.params['clientId']);
  const run = textOf(request.query['run']) || textOf(fieldsOf(request)['run']);
  const { items } = await api.ask('listProvisionings', provisionings, { query: { clientId, limit: '20' } });
  const one = run === '' ? items[0] : items.find(({ id }) => id === run);
  if (one === undefined)
    throw new Problem(404, 'not-found', `There is no client ${clientId}, or no such run of it.`);
  return { one, others: items.filter(({ id }) => id !== one.id) };
}

export function addClient(router: Router, { deps, visit, form }: Site): void {
  router.get(
    '/clients/:clientId',
    visit(async (at) => {
      const { request, response, api, context } = at;
      const { one, others } = await findRun(at);
      const params = { id: one.id };
      const provisioning = await api.ask('showProvisioning', provisioningAnswer, { params });
      if (request.query['as'] === 'json') {
        response.json(provisioning);
        return undefined;
      }
      // The newest of them.
      const cursor = String(Math.max(0, (await lastEvent(deps.pool, one.id)) - shownEvents));
      const [timeline, events, callbacks] = await Promise.all([
        api.ask('showTimeline', timelineAnswer, { params }),
        api.ask('listEvents', pageOf(eventAnswer), { params, query: { limit: String(shownEvents), cursor } }),
        api.ask('listCallbacks', callbacksAnswer, { params }),
      ]);
      return clientPage(await context(), {
        provisioning,
        timeline: timeline.items,
        events: events.items,
        callbacks: callbacks.items,
        others,
      });
    }),
  );

  router.get(
    '/clients/:clientId/events',
    visit(async (at) => {
      const { one } = await findRun(at);
      const query = { cursor: String(await lastEvent(deps.pool, one.id)) };
      await at.api.stream('listEvents', { params: { id: one.id }, query, accept: 'text/event-stream' });
      return undefined;
    }),
  );

  router.post(
    '/clients/:clientId/redeliver',
    form,
    visit(async (at) => {
      const { one } = await findRun(at);
      const callbackId = textOf(fieldsOf(at.request)['callback']);
      await at.api.do('redeliverCallback', { params: { id: one.id, callbackId } });
      at.response.redirect(303, `/clients/${one.clientId}?run=${one.id}#callbacks`);
      return undefined;
    }),
  );
}

/** More of a history is not shown. */
const shownEvents = 500;

async function lastEvent(db: Queryable, id: string): Promise<number> {
  const [progress] = await readProgress(db, [id]);
  return progress?.last_event ?? 0;
}
