/** A visit: whoever is signed in, the API as they may use it, and a page as the answer. */
import type { Request, RequestHandler, Response } from 'express';
import { urlencoded } from 'express';
import { z } from 'zod';
import { summaryAnswer, type Summary } from '../../api/summary.ts';
import type { PageContext } from '../../console/data.ts';
import { toText, type Html } from '../../console/html.ts';
import { messagePage } from '../../console/pages/plain.ts';
import { may } from '../../ledger/roles.ts';
import type { Caller } from '../auth/caller.ts';
import type { Deps } from '../deps.ts';
import { Problem } from '../problem.ts';
import type { AnyRoute } from '../route.ts';
import { consoleApi, type ConsoleApi } from './api.ts';
import { contentPolicy } from './page-errors.ts';
import { forSignedIn, type PageDoors } from './sessions.ts';

export interface Visit {
  readonly request: Request;
  readonly response: Response;
  readonly caller: Caller;
  readonly api: ConsoleApi;
  /** The summary, asked for once. */
  readonly summary: () => Promise<Summary>;
  /** What every page is given, as it is now. */
  readonly context: () => Promise<PageContext>;
}

/** What the pages of the console are made with. */
export interface Site {
  readonly deps: Deps;
  /** Undefined: the work has answered by itself. A Problem becomes a page that says so. */
  readonly visit: (work: (visit: Visit) => Promise<Html | undefined>) => RequestHandler;
  /** Reads a form, before a visit. */
  readonly form: RequestHandler;
}

export function openSite(doors: PageDoors, routes: readonly AnyRoute[]): Site {
  const { deps } = doors;
  const steps = deps.steps.map(({ name, title, resources = [] }) => ({
    name,
    title,
    kinds: resources.map(({ kind }) => kind),
  }));
  return {
    deps,
    form: urlencoded({ extended: false, limit: '64kb' }),
    visit: (work) =>
      forSignedIn(doors, async (request, response, caller) => {
        response.set('Content-Security-Policy', contentPolicy);
        response.set('Referrer-Policy', 'same-origin');
        const api = consoleApi(routes, { caller, request, response });
        let asked: Promise<Summary> | undefined;
        const summary = () => (asked ??= api.ask('summarize', summaryAnswer));
        const context = async (): Promise<PageContext> => {
          const { attention } = await summary();
          return {
            viewer: viewerOf(caller),
            now: new Date(),
            steps,
            publicUrl: deps.publicUrl(),
            needing: attention.length,
          };
        };
        try {
          const page = await work({ request, response, caller, api, summary, context });
          if (page !== undefined) response.type('html').send(toText(page));
        } catch (error) {
          if (!(error instanceof Problem) || error.status === 503 || response.headersSent) throw error;
          const title = error.status === 404 ? 'There is nothing here' : 'This was not done';
          response.status(error.status).type('html');
          response.send(toText(messagePage(await context(), title, error.message)));
        }
      }),
  };
}

function viewerOf({ by, role }: Caller): PageContext['viewer'] {
  return {
    by,
    role,
    may: {
      create: may(role, 'create'),
      preflight: may(role, 'preflight'),
      operate: may(role, 'operate'),
      administer: may(role, 'administer'),
    },
  };
}

/** A field of a query or of a form, as text. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

const fields = z.record(z.string(), z.unknown()).catch({});

/** The fields of a form that was sent. */
export function fieldsOf(request: Request): Record<string, unknown> {
  return fields.parse(request.body);
}

const fieldProblems = z.array(z.object({ pointer: z.string(), detail: z.string() })).catch([]);

/** What is wrong with each field, by its name. */
export function fieldErrors(problem: Problem): Record<string, string> {
  const errors = fieldProblems.parse(problem.extra['errors']);
  return Object.fromEntries(errors.map(({ pointer, detail }) => [pointer.replace(/^\//, ''), detail]));
}
