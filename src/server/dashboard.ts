/** bull-board at `/admin/queues`: behind a sign-in with the admin key, and for looking only. */
import { hkdfSync } from 'node:crypto';
import { createBullBoard } from '@bull-board/api';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import { ExpressAdapter } from '@bull-board/express';
import { Router, urlencoded, type RequestHandler } from 'express';
import { jwtVerify, SignJWT } from 'jose';
import type { Queues } from '../queue/queues.ts';
import type { Deps } from './deps.ts';
import { bearerToken, keyMatcher } from './middleware/authenticate.ts';
import { Problem } from './problem.ts';
import { signInPage } from './sign-in-page.ts';

const cookieName = 'client-provisioner-dashboard';
const sessionSeconds = 12 * 3600;
const base = '/admin/queues';

export function dashboardRoutes(deps: Deps): Router {
  const router = Router();
  const matches = keyMatcher(deps.config.ADMIN_API_KEY);
  // Sessions end with the admin key: their signing key is derived from it.
  const sessionKey = new Uint8Array(
    hkdfSync('sha256', deps.config.ADMIN_API_KEY, '', 'client-provisioner dashboard session', 32),
  );

  router.get('/admin/sign-in', (_request, response) => {
    response.type('html').send(signInPage(''));
  });

  router.post('/admin/sign-in', urlencoded({ extended: false, limit: '4kb' }), async (request, response) => {
    const site = request.headers['sec-fetch-site'];
    if (site !== undefined && site !== 'same-origin' && site !== 'none')
      throw new Problem(403, 'forbidden', 'Sign in from the dashboard itself.');
    const body: unknown = request.body;
    const key =
      typeof body === 'object' && body !== null && 'key' in body && typeof body.key === 'string'
        ? body.key
        : '';
    if (!matches(key)) {
      response.status(401).type('html').send(signInPage('This is not the admin key.'));
      return;
    }
    const token = await new SignJWT()
      .setProtectedHeader({ alg: 'HS256' })
      .setExpirationTime(`${sessionSeconds}s`)
      .sign(sessionKey);
    response.cookie(cookieName, token, {
      httpOnly: true,
      sameSite: 'strict',
      secure: deps.publicUrl().startsWith('https:'),
      path: '/admin',
      maxAge: sessionSeconds * 1000,
    });
    response.redirect(303, base);
  });

  const requireSession: RequestHandler = async (request, response, next) => {
    if (request.method !== 'GET' && request.method !== 'HEAD')
      throw new Problem(405, 'method-not-allowed', 'The dashboard is for looking only.', {
        headers: { Allow: 'GET, HEAD' },
      });
    const bearer = bearerToken(request.headers.authorization);
    const isSignedIn =
      (bearer !== undefined && matches(bearer)) ||
      (await isSession(readCookie(request.headers.cookie), sessionKey));
    if (isSignedIn) return next();
    if (request.accepts(['json', 'html']) === 'html') return response.redirect(303, '/admin/sign-in');
    throw new Problem(
      401,
      'unauthorized',
      'Sign in at /admin/sign-in, or send the admin key as a bearer token.',
    );
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
  router.use(base, requireSession, serveBoard);
  return router;
}

function buildBoard(queues: Queues): RequestHandler {
  const adapter = new BoardAdapter();
  adapter.setBasePath(base);
  createBullBoard({
    queues: queues.all.map((queue) => new BullMQAdapter(queue, { readOnlyMode: true })),
    serverAdapter: adapter,
    options: { uiConfig: { boardTitle: 'client-provisioner', sortQueues: false, hideDocsLink: true } },
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
 * chains of six small. Should its markup change, these rules stop to apply, and nothing breaks.
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

async function isSession(token: string | undefined, key: Uint8Array): Promise<boolean> {
  if (token === undefined) return false;
  return jwtVerify(token, key, { algorithms: ['HS256'] }).then(
    () => true,
    () => false,
  );
}

function readCookie(header: string | undefined): string | undefined {
  const prefix = `${cookieName}=`;
  return (header ?? '')
    .split(';')
    .map((part) => part.trim())
    .find((part) => part.startsWith(prefix))
    ?.slice(prefix.length);
}
