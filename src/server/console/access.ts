/** Keys and activity. */
import type { Router } from 'express';
import { pageOf } from '../../api/answers.ts';
import { auditAnswer } from '../../api/audit.ts';
import { keysAnswer, newKeyAnswer } from '../../api/keys.ts';
import { activityPage, keysPage } from '../../console/pages/access.ts';
import { auditActions } from '../../ledger/audit.ts';
import { Problem } from '../problem.ts';
import { fieldErrors, fieldsOf, textOf, type Site, type Visit } from './visit.ts';

export function addAccess(router: Router, { visit, form }: Site): void {
  const keysShown = async ({ api, context }: Visit, more: Partial<Parameters<typeof keysPage>[1]> = {}) => {
    const { items } = await api.ask('listKeys', keysAnswer);
    return keysPage(await context(), { keys: items, made: undefined, problem: undefined, ...more });
  };
  router.get(
    '/keys',
    visit((at) => keysShown(at)),
  );

  router.post(
    '/keys',
    form,
    visit(async (at) => {
      const sent = fieldsOf(at.request);
      const days = textOf(sent['expiresInDays']).trim();
      const body = {
        name: textOf(sent['name']).trim(),
        role: textOf(sent['role']),
        ...(days !== '' && { expiresInDays: Number(days) }),
      };
      try {
        return await keysShown(at, { made: await at.api.ask('makeKey', newKeyAnswer, { body }) });
      } catch (error) {
        if (!(error instanceof Problem) || error.status !== 400) throw error;
        at.response.status(400);
        const wrong = Object.entries(fieldErrors(error)).map(([name, detail]) => `${name} ${detail}`);
        return keysShown(at, { problem: `No key was made: ${wrong.join('; ')}.` });
      }
    }),
  );

  router.post(
    '/keys/:id/revoke',
    form,
    visit(async ({ request, response, api }) => {
      await api.do('revokeKey', { params: { id: request.params['id'] } });
      response.redirect(303, '/keys');
      return undefined;
    }),
  );

  router.get(
    '/activity',
    visit(async ({ request, api, context }) => {
      const filter = {
        action: textOf(request.query['action']),
        clientId: textOf(request.query['clientId']).trim(),
        by: textOf(request.query['by']).trim(),
      };
      const cursor = textOf(request.query['cursor']);
      const set = Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== ''));
      const page = await api.ask('listAudit', pageOf(auditAnswer), {
        query: { ...set, ...(cursor !== '' && { cursor }) },
      });
      return activityPage(await context(), { ...page, filter, actions: auditActions });
    }),
  );

  router.get(
    '/activity.csv',
    visit(async ({ request, api }) => {
      const set = Object.fromEntries(
        Object.entries(request.query).filter(([name, value]) => name !== 'cursor' && value !== ''),
      );
      await api.stream('listAudit', { query: set, accept: 'text/csv' });
      return undefined;
    }),
  );
}
