/** The console at `/`: what each page asks the API, and what each form has it do. */
import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  Router,
  static as serveFolder,
  urlencoded,
  type Request,
  type RequestHandler,
  type Response,
} from 'express';
import { z } from 'zod';
import {
  callbacksAnswer,
  eventAnswer,
  listedCallbackAnswer,
  orphansAnswer,
  pageOf,
  provisioningAnswer,
  timelineAnswer,
} from '../../api/answers.ts';
import { actions } from '../../api/allowed-actions.ts';
import { auditAnswer } from '../../api/audit.ts';
import { keysAnswer, newKeyAnswer } from '../../api/keys.ts';
import { findingsSchema, planAnswer, preflightAnswer, reportOf } from '../../api/preflight.ts';
import { summaryAnswer } from '../../api/summary.ts';
import { activityPage, keysPage } from '../../console/pages/access.ts';
import { actPage } from '../../console/pages/act.ts';
import { callbacksPage } from '../../console/pages/callbacks.ts';
import { clientPage } from '../../console/pages/client.ts';
import { clientsPage } from '../../console/pages/clients.ts';
import { orphansPage, preflightPage } from '../../console/pages/lists.ts';
import { emptyForm, newClientPage } from '../../console/pages/new-client.ts';
import { overviewPage } from '../../console/pages/overview.ts';
import { messagePage } from '../../console/pages/plain.ts';
import type { PageContext, Provisioning } from '../../console/data.ts';
import type { Html } from '../../console/html.ts';
import { auditActions } from '../../ledger/audit.ts';
import { readLastPreflight } from '../../ledger/last-preflight.ts';
import { may } from '../../ledger/roles.ts';
import { clientStates } from '../../provisioning.ts';
import type { Caller } from '../auth/caller.ts';
import { Problem } from '../problem.ts';
import type { AnyRoute } from '../route.ts';
import { consoleApi, type ConsoleApi } from './api.ts';
import { contentPolicy } from './page-errors.ts';
import { forSignedIn, type PageDoors } from './sessions.ts';

const assets = path.resolve(import.meta.dirname, '../../console/assets');
const idiomorph = fileURLToPath(import.meta.resolve('idiomorph/dist/idiomorph.esm.js'));

const provisionings = pageOf(provisioningAnswer);
/** A field of a query or of a form, as text. */
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

interface Visit {
  readonly request: Request;
  readonly response: Response;
  readonly caller: Caller;
  readonly api: ConsoleApi;
  readonly context: () => Promise<PageContext>;
}

export function consoleRoutes(doors: PageDoors, routes: readonly AnyRoute[]): Router {
  const { deps } = doors;
  const steps = deps.steps.map(({ name, title, resources = [] }) => ({
    name,
    title,
    kinds: resources.map(({ kind }) => kind),
  }));
  const router = Router();
  router.use('/console', serveFolder(assets, { index: false, maxAge: 0 }));
  router.get('/console/idiomorph.js', (_request, response) => {
    response.sendFile(idiomorph);
  });

  const viewerOf = ({ by, role }: Caller) => ({
    by,
    role,
    may: {
      create: may(role, 'create'),
      preflight: may(role, 'preflight'),
      operate: may(role, 'operate'),
      administer: may(role, 'administer'),
    },
  });
  const visit = (work: (visit: Visit) => Promise<Html | undefined>) =>
    forSignedIn(doors, async (request, response, caller) => {
      response.set('Content-Security-Policy', contentPolicy);
      response.set('Referrer-Policy', 'same-origin');
      const api = consoleApi(routes, { caller, request, response });
      const context = async (): Promise<PageContext> => {
        const { attention } = await api.ask('summarize', summaryAnswer);
        return {
          viewer: viewerOf(caller),
          now: new Date(),
          steps,
          publicUrl: deps.publicUrl(),
          needing: attention.length,
        };
      };
      try {
        const page = await work({ request, response, caller, api, context });
        if (page !== undefined) response.type('html').send(String(await page));
      } catch (error) {
        if (!(error instanceof Problem) || error.status === 503 || response.headersSent) throw error;
        const title = error.status === 404 ? 'There is nothing here' : 'This was not done';
        response.status(error.status).type('html');
        response.send(String(await messagePage(await context(), title, error.message)));
      }
    });
  const form = urlencoded({ extended: false, limit: '64kb' });

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

  router.get(
    '/clients/new',
    visit(async ({ context }) =>
      newClientPage(await context(), {
        form: emptyForm,
        errors: {},
        problem: undefined,
        plan: undefined,
        key: randomUUID(),
      }),
    ),
  );

  router.post(
    '/clients/new',
    form,
    visit(async ({ request, response, api, context }) => {
      const sent = request.body as Record<string, unknown>;
      const given = {
        clientId: textOf(sent['clientId']).trim(),
        clientName: textOf(sent['clientName']).trim(),
        orgEmail: textOf(sent['orgEmail']).trim(),
        tier: textOf(sent['tier']),
        onFailure: textOf(sent['onFailure']),
        callbackUrl: textOf(sent['callbackUrl']).trim(),
      };
      const { callbackUrl, ...rest } = given;
      const body = callbackUrl === '' ? rest : given;
      const show = async (data: Partial<Parameters<typeof newClientPage>[1]>) =>
        newClientPage(await context(), {
          form: given,
          errors: {},
          problem: undefined,
          plan: undefined,
          key: randomUUID(),
          ...data,
        });
      try {
        if (sent['do'] === 'plan')
          return await show({
            plan: await api.ask('provisionClient', planAnswer, { query: { dryRun: 'true' }, body }),
          });
        // A form that is sent twice is one request.
        request.headers['idempotency-key'] = textOf(sent['key']);
        const { clientId } = await api.ask('provisionClient', provisioningAnswer, { body });
        response.redirect(303, `/clients/${clientId}`);
        return undefined;
      } catch (error) {
        if (!(error instanceof Problem) || error.status === 403) throw error;
        response.status(error.status);
        const errors = fieldErrors(error);
        return show({ errors, problem: Object.keys(errors).length > 0 ? undefined : error.message });
      }
    }),
  );

  /** The provisioning that a page is about: the one that is named, or the client's newest. */
  async function find({ request, api }: Visit): Promise<{ one: Provisioning; others: Provisioning[] }> {
    const clientId = textOf(request.params['clientId']);
    const run =
      textOf(request.query['run']) || textOf((request.body as Record<string, unknown> | undefined)?.['run']);
    const { items } = await api.ask('listProvisionings', provisionings, { query: { clientId, limit: '20' } });
    const one = run === '' ? items[0] : items.find(({ id }) => id === run);
    if (one === undefined)
      throw new Problem(404, 'not-found', `There is no client ${clientId}, or no such run of it.`);
    return { one, others: items.filter(({ id }) => id !== one.id) };
  }

  router.get(
    '/clients/:clientId',
    visit(async (at) => {
      const { request, response, api, context } = at;
      const { one, others } = await find(at);
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
      const { one } = await find(at);
      const cursor = String(await lastEvent(at.api, one.id));
      const stream = { params: { id: one.id }, query: { cursor }, accept: 'text/event-stream' };
      await at.api.do('listEvents', stream);
      return undefined;
    }),
  );

  for (const action of actions) {
    router.get(
      `/clients/:clientId/${action}`,
      visit(async (at) => {
        const { one } = await find(at);
        const provisioning = await at.api.ask('showProvisioning', provisioningAnswer, {
          params: { id: one.id },
        });
        return actPage(await at.context(), {
          ...blank,
          action,
          provisioning,
          refusal: refusalOf(action, provisioning, at.caller),
        });
      }),
    );
    router.post(
      `/clients/:clientId/${action}`,
      form,
      visit(async (at) => {
        const { one } = await find(at);
        const sent = at.request.body as Record<string, unknown>;
        const reason = textOf(sent['reason']).trim();
        const confirm = textOf(sent['confirm']).trim();
        const resource = textOf(sent['resource']);
        const provisioning = await at.api.ask('showProvisioning', provisioningAnswer, {
          params: { id: one.id },
        });
        const again = async (problem: string) =>
          actPage(await at.context(), {
            ...blank,
            action,
            provisioning,
            reason,
            confirm,
            resource,
            problem,
            refusal: refusalOf(action, provisioning, at.caller),
          });
        if ((action === 'offboard' || action === 'forget') && confirm !== one.clientId) {
          at.response.status(422);
          return again(
            confirm === ''
              ? `Type ${one.clientId} to confirm.`
              : `Type ${one.clientId} to confirm. That was “${confirm}”.`,
          );
        }
        try {
          await at.api.do(operations[action], {
            params: action === 'forget' ? { id: one.id, resourceId: resource } : { id: one.id },
            body: { ...(reason !== '' && { reason }), ...(action === 'offboard' && { confirm }) },
          });
        } catch (error) {
          if (!(error instanceof Problem) || error.status === 403) throw error;
          at.response.status(error.status);
          return again(Object.values(fieldErrors(error)).join(' ') || error.message);
        }
        at.response.redirect(303, `/clients/${one.clientId}?run=${one.id}`);
        return undefined;
      }),
    );
  }

  router.post(
    '/clients/:clientId/redeliver',
    form,
    visit(async (at) => {
      const { one } = await find(at);
      const callbackId = textOf((at.request.body as Record<string, unknown>)['callback']);
      await at.api.do('redeliverCallback', { params: { id: one.id, callbackId } });
      at.response.redirect(303, `/clients/${one.clientId}?run=${one.id}#callbacks`);
      return undefined;
    }),
  );

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
      const sent: unknown = (request.body as Record<string, unknown>)['ids'];
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
      // Whoever may not ask may not see it either.
      const last = await readLastPreflight(deps.pool);
      const findings = findingsSchema.safeParse(last?.findings);
      const page = await context();
      if (!page.viewer.may.preflight) await api.do('checkProviders');
      const preflight = findings.success ? reportOf(findings.data.checks) : undefined;
      return preflightPage(page, { preflight, at: last?.at, problem: undefined });
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
          preflight: undefined,
          at: undefined,
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
      const sent = at.request.body as Record<string, unknown>;
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
      await api.do('listAudit', { query: set, accept: 'text/csv' });
      return undefined;
    }),
  );

  router.get('/admin', (_request, response) => {
    response.redirect(303, '/');
  });
  return router;
}

/** What is no page: somebody who is signed in is told so. */
export function unknownPage(doors: PageDoors): RequestHandler {
  const known = forSignedIn(doors, async () => {
    throw new Problem(404, 'not-found', 'There is nothing here.');
  });
  return (request, response, next) => {
    const isBrowser =
      request.headers.authorization === undefined && request.accepts(['json', 'html']) === 'html';
    if (request.method === 'GET' && isBrowser && !request.path.startsWith('/api/'))
      return known(request, response, next);
    next();
  };
}

const operations = {
  cancel: 'cancelProvisioning',
  resume: 'resumeProvisioning',
  rollback: 'rollBackProvisioning',
  offboard: 'rollBackProvisioning',
  forget: 'forgetResource',
} as const;

const blank = { reason: '', confirm: '', resource: '', problem: undefined, receiver: undefined } as const;

/** Why an action is not offered. Undefined: it is. */
function refusalOf(action: (typeof actions)[number], one: Provisioning, caller: Caller): string | undefined {
  const allowed = one.allowedActions.find((other) => other.action === action);
  if (allowed === undefined) {
    const now =
      one.rollback.status === 'none' ? one.status : `${one.status}, and its rollback ${one.rollback.status}`;
    return `This is not possible now: ${one.clientId} is ${now}.`;
  }
  if (allowed.roles.some((role) => role === caller.role)) return undefined;
  return `This needs ${allowed.roles.join(' or ')}. You are ${caller.role ?? 'nobody here'}.`;
}

/** What is wrong with each field, by its name. */
function fieldErrors(problem: Problem): Record<string, string> {
  const errors = z
    .array(z.object({ pointer: z.string(), detail: z.string() }))
    .safeParse(problem.extra['errors']);
  return Object.fromEntries(
    (errors.data ?? []).map(({ pointer, detail }) => [pointer.replace(/^\//, ''), detail]),
  );
}

async function lastEvent(api: ConsoleApi, id: string): Promise<number> {
  const progress = z.object({ items: z.array(z.object({ sequence: z.number() })) });
  const { items } = await api
    .ask('listEvents', progress, { params: { id }, query: { limit: '500' } })
    .catch(() => ({ items: [] }));
  return items.at(-1)?.sequence ?? 0;
}
