/** The overview, and the list of clients. */
import type { Router } from 'express';
import { z } from 'zod';
import { pageOf, provisioningAnswer } from '../../api/answers.ts';
import { presentProvisioning } from '../../api/present.ts';
import { clientsPage } from '../../console/pages/clients.ts';
import { overviewPage } from '../../console/pages/overview.ts';
import { listEndedLast } from '../../ledger/overview.ts';
import { readFullSnapshots } from '../../ledger/provisionings.ts';
import { clientStates } from '../../provisioning.ts';
import { textOf, type Site } from './visit.ts';

const provisionings = pageOf(provisioningAnswer);

export function addOverview(router: Router, { deps, visit }: Site): void {
  router.get(
    '/',
    visit(async ({ api, summary, context }) => {
      const [shown, running, ended] = await Promise.all([
        summary(),
        api.ask('listProvisionings', provisionings, { query: { state: 'in-progress', limit: '20' } }),
        listEndedLast(deps.pool, 5),
      ]);
      const snapshots = await readFullSnapshots(deps.pool, ended);
      return overviewPage(await context(), {
        summary: shown,
        running: running.items,
        ended: snapshots.map((one) =>
          provisioningAnswer.parse(presentProvisioning(one, deps.steps, deps.publicUrl())),
        ),
      });
    }),
  );

  router.get(
    '/clients',
    visit(async ({ request, api, summary, context }) => {
      const { query } = request;
      const q = textOf(query['q']).trim();
      const state = z.enum(clientStates).safeParse(query['state']).data;
      const cursor = textOf(query['cursor']);
      const [page, { counts }] = await Promise.all([
        api.ask('listProvisionings', provisionings, {
          query: {
            newest: 'true',
            limit: '50',
            ...(q !== '' && { q }),
            ...(state && { state }),
            ...(cursor !== '' && { cursor }),
          },
        }),
        summary(),
      ]);
      return clientsPage(await context(), {
        filter: { q, state },
        counts,
        ...page,
        isLater: cursor !== '',
      });
    }),
  );
}
