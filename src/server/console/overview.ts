/** The overview, and the list of clients. */
import type { Router } from 'express';
import { z } from 'zod';
import { pageOf, provisioningAnswer } from '../../api/answers.ts';
import { summaryAnswer } from '../../api/summary.ts';
import { clientsPage } from '../../console/pages/clients.ts';
import { overviewPage } from '../../console/pages/overview.ts';
import { clientStates } from '../../provisioning.ts';
import { textOf, type Site } from './visit.ts';

const provisionings = pageOf(provisioningAnswer);

export function addOverview(router: Router, { visit }: Site): void {
  router.get(
    '/',
    visit(async ({ api, context }) => {
      const [summary, running, ended] = await Promise.all([
        api.ask('summarize', summaryAnswer),
        api.ask('listProvisionings', provisionings, { query: { state: 'in-progress', limit: '20' } }),
        api.ask('listProvisionings', provisionings, { query: { limit: '20' } }),
      ]);
      const done = ended.items.filter((one) => one.done && !one.needsAttention).slice(0, 5);
      return overviewPage(await context(), { summary, running: running.items, ended: done });
    }),
  );

  router.get(
    '/clients',
    visit(async ({ request, api, context }) => {
      const { query } = request;
      const q = textOf(query['q']).trim();
      const state = z.enum(clientStates).safeParse(query['state']).data;
      const cursor = textOf(query['cursor']);
      const [page, summary] = await Promise.all([
        api.ask('listProvisionings', provisionings, {
          query: {
            newest: 'true',
            limit: '50',
            ...(q !== '' && { q }),
            ...(state && { state }),
            ...(cursor !== '' && { cursor }),
          },
        }),
        api.ask('summarize', summaryAnswer),
      ]);
      return clientsPage(await context(), {
        filter: { q, state },
        counts: summary.counts,
        ...page,
        isLater: cursor !== '',
      });
    }),
  );
}
