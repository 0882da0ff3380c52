/** bull-board at `/admin/queues`: behind a sign-in, and for looking only. */
import { createBullBoard } from '@bull-board/api';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import { ExpressAdapter } from '@bull-board/express';
import { Router, type RequestHandler } from 'express';
import type { Queues } from '../../queue/queues.ts';
import { may } from '../../ledger/roles.ts';
import { forbidden, type Caller } from '../auth/caller.ts';
import { dashboardPath, signInPath, signInRoutes, signOutPath, type Doors } from './sign-in.ts';
import type { Deps } from '../deps.ts';
import { scrubAnswers } from '../middleware/scrub-answers.ts';
import { Problem } from '../problem.ts';

export function dashboardRoutes(deps: Deps, doors: Doors): Router {
  const { access, sessions, limitRate } = doors;
  const router = Router();
  router.use(signInRoutes(deps, doors));

  const requireSession: RequestHandler = async (request, response, next) => {
    if (request.method !== 'GET' && request.method !== 'HEAD')
      throw new Problem(405, 'method-not-allowed', 'The dashboard is for looking only.', {
        headers: { Allow: 'GET, HEAD' },
      });
    if (request.headers.authorization !== undefined) {
      const caller = await access.identify(request);
      response.set(await limitRate(caller));
      requireReader(caller);
      return next();
    }
    const caller = await sessions.callerOf(request);
    if (caller !== undefined) {
      // The page's own files cost next to nothing.
      if (request.path.startsWith('/api/')) response.set(await limitRate(caller));
      requireReader(caller);
      return next();
    }
    if (request.accepts(['json', 'html']) === 'html') return response.redirect(303, signInPath);
    throw new Problem(401, 'unauthorized', `Sign in at ${signInPath}, or send a key as a bearer token.`, {
      headers: { 'WWW-Authenticate': 'Bearer' },
    });
  };

  let board: { queues: Queues; handler: RequestHandler } | undefined;
  const serveBoard: RequestHandler = (request, response, next) => {
    const queues = deps.queues();
    if (queues === undefined)
      throw new Problem(503, 'queue-unavailable', 'The queue cannot be reached yet.', {
        headers: { 'Retry-After': '5' },
      });
    if (board?.queues !== queues) board = { queues, handler: buildBoard(queues) };
    board.handler(request, response, next);
  };
  router.use(dashboardPath, requireSession, scrubAnswers(deps.scrub), serveBoard);
  return router;
}

function requireReader(caller: Caller): void {
  if (!may(caller.role, 'read')) throw forbidden(caller, 'read');
}

function buildBoard(queues: Queues): RequestHandler {
  const adapter = new BoardAdapter();
  adapter.setBasePath(dashboardPath);
  createBullBoard({
    queues: queues.all.map((queue) => new BullMQAdapter(queue, { readOnlyMode: true })),
    serverAdapter: adapter,
    options: {
      uiConfig: {
        boardTitle: 'client-provisioner',
        sortQueues: false,
        hideDocsLink: true,
        miscLinks: [{ text: 'Sign out', url: signOutPath }],
      },
    },
  });
  return adapter.getRouter();
}

class BoardAdapter extends ExpressAdapter {
  override getRouter(): RequestHandler {
    return this.app;
  }

  override setEntryRoute(page: Parameters<ExpressAdapter['setEntryRoute']>[0]): this {
    this.app[page.method](page.route, (_request, response, next) => {
      const { name, params } = page.handler({ basePath: this.basePath, uiConfig: this.uiConfig });
      response.render(name, params, (error: Error | null, html: string) => {
        if (error === null) response.send(adaptPage(html));
        else next(error);
      });
    });
    return this;
  }
}

/**
 * Fits bull-board's page to us: no fonts from Google, which a browser without internet waits for and the content
 * policy refuses, and job names in a flow that can be read. bull-board cuts them after twenty letters, and draws our
 * chains of six small. If its markup changes, these rules no longer apply, and nothing breaks.
 */
function adaptPage(html: string): string {
  return html
    .replaceAll(/<link href="https:[^>]*>/g, '')
    .replace('</head>', `<style>${flowStyle}</style></head>`);
}

const flowStyle = `
  .react-flow__node > div { padding: 6px 8px 0 16px !important; gap: 2px !important }
  .react-flow__node h4 { font-size: 25px !important; line-height: 27px; white-space: normal !important; overflow-wrap: anywhere }
  .react-flow__node h4 + span { display: none }
  .react-flow__node [class^="stateBadge"] { font-size: 17px !important }
  .react-flow__node [class^="nodeFooter"], .react-flow__node [class^="nodeMeta"] > :not([class^="stateBadge"]) { display: none }
  .react-flow__edge-path { stroke: #94a3b8 !important; stroke-width: 3px !important }
  [class^="panelTitle-"] { white-space: normal !important }
`;
