/** Callbacks, preflight and orphans: what is around the clients. */
import type { Router } from 'express';
import { z } from 'zod';
import { listedCallbackAnswer, orphansAnswer, pageOf } from '../../api/answers.ts';
import { preflightAnswer, reportOf } from '../../api/preflight.ts';
import { callbacksPage } from '../../console/pages/callbacks.ts';
import { orphansPage, preflightPage } from '../../console/pages/lists.ts';
import { lastPreflight } from '../last-preflight.ts';
import { Problem } from '../problem.ts';
import { fieldsOf, textOf, type Site } from './visit.ts';

export function addSurroundings(router: Router, { deps, visit, form }: Site): void {
  const shownPreflight = async () => {
    const last = await lastPreflight(deps.pool);
    return { preflight: last?.findings && reportOf(last.findings.checks), at: last?.at };
  };

  router.get(
    '/callbacks',
    visit(async ({ request, api, context }) => {
      const state = textOf(request.query['state']);
      const cursor = textOf(request.query['cursor']);
      const query = { ...(state !== '' && { state }), ...(cursor !== '' && { cursor }) };
      const page = await api.ask('listAllCallbacks', pageOf(listedCallbackAnswer), { query });
      const again = textOf(request.query['again']);
      return callbacksPage(await context(), {
        state: state || undefined,
        ...page,
        sentAgain: again === '' ? undefined : Number(again),
      });
    }),
  );

  router.post(
    '/callbacks',
    form,
    visit(async ({ request, response, api }) => {
      const sent: unknown = fieldsOf(request)['ids'];
      const ids = (Array.isArray(sent) ? sent : [sent]).filter((id) => typeof id === 'string');
      if (ids.length === 0) response.redirect(303, '/callbacks');
      else {
        const answer = z.object({ redelivered: z.array(z.string()) });
        const { redelivered } = await api.ask('redeliverCallbacks', answer, { body: { ids } });
        response.redirect(303, `/callbacks?again=${redelivered.length}`);
      }
      return undefined;
    }),
  );

  router.get(
    '/preflight',
    visit(async ({ api, context }) => {
      // A caller who may not ask the providers may not see their last answer either.
      const page = await context();
      if (!page.viewer.may.preflight) await api.do('checkProviders');
      return preflightPage(page, { ...(await shownPreflight()), problem: undefined });
    }),
  );

  router.post(
    '/preflight',
    form,
    visit(async ({ response, api, context }) => {
      try {
        await api.ask('checkProviders', preflightAnswer);
      } catch (error) {
        if (!(error instanceof Problem) || error.code !== 'worker-unavailable') throw error;
        response.status(503);
        return preflightPage(await context(), {
          ...(await shownPreflight()),
          problem: error.message,
        });
      }
      response.redirect(303, '/preflight');
      return undefined;
    }),
  );

  router.get(
    '/orphans',
    visit(async ({ api, context }) =>
      orphansPage(await context(), await api.ask('listOrphans', orphansAnswer)),
    ),
  );

  router.post(
    '/orphans',
    form,
    visit(async ({ response, api }) => {
      await api.do('lookForOrphans');
      response.redirect(303, '/orphans');
      return undefined;
    }),
  );
}
