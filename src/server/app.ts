/** The API as an Express application: what runs before the routes, the routes, and what runs when they fail. */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import express, { type Express } from 'express';
import helmet from 'helmet';
import { pinoHttp } from 'pino-http';
import { dashboardRoutes } from './dashboard/dashboard.ts';
import type { Deps } from './deps.ts';
import { docsAssets } from './routes/docs-page.ts';
import { createAccess } from './auth/authenticate.ts';
import { createSessions } from './auth/sessions.ts';
import { handleErrors, refuseUnknownRoute } from './middleware/handle-errors.ts';
import { createRateLimit } from './middleware/rate-limit.ts';
import { refuseWhenStopping } from './middleware/refuse-when-stopping.ts';
import { requireDatabase } from './middleware/require-database.ts';
import { authorize, mount } from './mount.ts';
import { allRoutes } from './routes/index.ts';

/** Whoever may read may also learn that something is not there. */
const reading = { permission: 'read' } as const;

/** The form of a request id: it goes into a header and into the log. */
const visibleText = /^[\x21-\x7e]{1,200}$/;

export function createApp(deps: Deps): Express {
  const app = express();
  app.disable('x-powered-by');
  app.set('query parser', 'simple');
  app.set('etag', false);
  app.use(
    pinoHttp({
      logger: deps.log,
      genReqId: (request, response) => {
        const given = request.headers['x-request-id'];
        const id = typeof given === 'string' && visibleText.test(given) ? given : randomUUID();
        response.setHeader('X-Request-Id', id);
        return id;
      },
      quietReqLogger: true,
      serializers: {
        req: (request: { method: string; url: string }) => ({
          method: request.method,
          path: request.url.split('?')[0],
        }),
        res: (response: { statusCode: number }) => ({ status: response.statusCode }),
      },
      customLogLevel: (_request, response) => (response.statusCode >= 500 ? 'error' : 'info'),
      autoLogging: { ignore: ({ url }) => url === '/healthz' || url === '/readyz' },
    }),
  );
  app.use(
    helmet({
      // The API is also served over plain http behind a proxy or on one's own machine.
      contentSecurityPolicy: {
        directives: {
          upgradeInsecureRequests: null,
          // Nothing of the dashboard is fetched from elsewhere, not even the fonts that its page asks for.
          styleSrc: ["'self'", "'unsafe-inline'"],
          fontSrc: ["'self'", 'data:'],
        },
      },
    }),
  );
  app.use((_request, response, next) => {
    response.setHeader('Cache-Control', 'no-store');
    next();
  });

  app.use(refuseWhenStopping(deps.stopping));

  const access = createAccess(deps.config, deps.pool);
  const sessions = createSessions(deps, access);
  const gates = {
    identify: (request: IncomingMessage) => access.identify(request),
    limitRate: createRateLimit(deps.pool, deps.config.RATE_LIMIT_PER_MINUTE),
    requireDatabase: requireDatabase(deps.pool),
  };
  app.use(dashboardRoutes(deps, { ...gates, access, sessions }));
  app.use('/docs', docsAssets());
  // Express would answer it by itself, and tell anybody which routes there are.
  app.options('/{*path}', authorize(gates, reading), refuseUnknownRoute);
  app.use(mount(allRoutes(deps), gates));
  app.use(authorize(gates, reading));
  app.use(refuseUnknownRoute);
  app.use(handleErrors);
  return app;
}
