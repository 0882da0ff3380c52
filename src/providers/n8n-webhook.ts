/**
 * Finds out whether a production webhook is registered, without running anybody's workflow.
 *
 * n8n answers OPTIONS to whoever names an origin with the methods that the path has, and runs nothing. A GET would run
 * what a foreign workflow may have registered for GET. A GET has two 404s with different texts; one quotes the path that
 * n8n looked up.
 */
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { exchange, refusalError, unreadableError, type RawAnswer } from '../http/request.ts';
import { parseJson } from '../http/json.ts';

export interface WebhookConnection {
  /** `https://host[:port][/path]/webhook`, without a trailing slash. */
  readonly webhookBase: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

export type WebhookState =
  | { readonly is: 'registered' }
  | { readonly is: 'unregistered' }
  /** n8n was asked for another path than the one meant. `extra`: what stands before it, where that is in our own URL. */
  | { readonly is: 'misplaced'; readonly extra: string | undefined }
  /** Something in front of n8n answers OPTIONS by itself. */
  | { readonly is: 'unknown' };

export function n8nWebhooks(connection: WebhookConnection) {
  const { webhookBase } = connection;

  async function ask(method: 'GET' | 'OPTIONS', path: string): Promise<RawAnswer> {
    const operation = `${method} /webhook/{path}`;
    const answer = await exchange({ ...connection, provider: 'n8n' }, operation, {
      url: `${webhookBase}/${path}`,
      method,
      headers: {
        accept: 'application/json',
        ...connection.headers,
        ...(method === 'OPTIONS' ? { origin: new URL(webhookBase).origin } : {}),
      },
    });
    if (answer.status === 429 || answer.status >= 500) throw refusalError('n8n', operation, answer);
    return answer;
  }

  async function readByGet(path: string): Promise<WebhookState> {
    const answer = await ask('GET', path);
    const { success, data } = notFoundBody.safeParse(parseJson(answer.text));
    if (answer.status === 404 && success) {
      const quoted = /^The requested webhook "GET (.*)" is not registered/s.exec(data.message)?.[1];
      if (quoted !== undefined)
        return quoted === path ? { is: 'unregistered' } : { is: 'misplaced', extra: extraOf(quoted, path) };
      if (/is not registered for GET requests\..*\bPOST\b/s.test(data.message)) return { is: 'registered' };
    }
    const operation = 'GET /webhook/{path}';
    if (answer.status < 400) throw unreadableError('n8n', operation, answer.status, answer.text);
    throw refusalError('n8n', operation, answer);
  }

  /** The text that n8n puts before the path, if our own URL has it there. Undefined: a proxy has put it there. */
  function extraOf(quoted: string, path: string): string | undefined {
    if (!quoted.endsWith(`/${path}`)) return undefined;
    const extra = quoted.slice(0, -path.length - 1);
    return new URL(webhookBase).pathname.endsWith(`/${extra}`) ? extra : undefined;
  }

  return {
    /** Runs nobody's workflow. */
    async readWebhook(path: string): Promise<WebhookState> {
      const nobodys = unusedPath();
      const methods = methodsOf(await ask('OPTIONS', path));
      const methodsOfNothing = methods && methodsOf(await ask('OPTIONS', nobodys));
      if (methods === undefined || methodsOfNothing === undefined || methodsOfNothing.length > 0)
        return { is: 'unknown' };
      return methods.includes('POST') ? { is: 'registered' } : readByGet(nobodys);
    },

    /** By GET, which ours does not take. Runs what is registered for GET there: only where no published workflow is. */
    askWebhook: readByGet,

    /** Finds out whether webhooks are served there at all, and below which path: asks for one that nobody can have. */
    readWebhookPlace: () => readByGet(unusedPath()),

    webhookUrl: (path: string) => `${webhookBase}/${path}`,
  };
}

const notFoundBody = z.object({ message: z.string() });

function unusedPath(): string {
  return `client-provisioner/${randomUUID()}`;
}

/** The methods beside OPTIONS. Undefined: that was not n8n's answer. */
function methodsOf({ status, headers }: RawAnswer): string[] | undefined {
  const methods = (headers.get('access-control-allow-methods') ?? '')
    .split(',')
    .map((method) => method.trim());
  if (status >= 300 || !methods.includes('OPTIONS')) return undefined;
  return methods.filter((method) => method !== 'OPTIONS');
}
