/** One client: its page, live, and its callbacks. */
import type { Router } from 'express';
import { z } from 'zod';
import {
  callbacksAnswer,
  eventAnswer,
  pageOf,
  provisioningAnswer,
  timelineAnswer,
} from '../../api/answers.ts';
import type { Provisioning } from '../../console/data.ts';
import { clientPage } from '../../console/pages/client.ts';
import { Problem } from '../problem.ts';
import type { ConsoleApi } from './api.ts';
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

export function addClient(router: Router, { visit, form }: Site): void {
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
      const [timeline, events, callbacks] = await Promise.all([
        api.ask('showTimeline', timelineAnswer, { params }),
        api
          .ask('listEvents', pageOf(eventAnswer), { params, query: { limit: '500' } })
          .catch(() => ({ items: [] })),
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
      const cursor = String(await lastEvent(at.api, one.id));
      const stream = { params: { id: one.id }, query: { cursor }, accept: 'text/event-stream' };
      await at.api.do('listEvents', stream);
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

async function lastEvent(api: ConsoleApi, id: string): Promise<number> {
  const progress = z.object({ items: z.array(z.object({ sequence: z.number() })) });
  const { items } = await api
    .ask('listEvents', progress, { params: { id }, query: { limit: '500' } })
    .catch(() => ({ items: [] }));
  return items.at(-1)?.sequence ?? 0;
}
