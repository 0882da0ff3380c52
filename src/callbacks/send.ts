/** Sends a signed callback, once. https://www.standardwebhooks.com */
import { Webhook } from 'standardwebhooks';
import type { AllowedHost, SigningSecrets } from '../config.ts';
import { retryAfterMs } from '../http/request.ts';
import { startDeadline } from '../http/deadline.ts';
import { ForbiddenAddress, guardedAgent } from './agent.ts';
import type { Resolve } from './resolve.ts';

export interface CallbackSender {
  (
    callback: { id: string; url: string; body: string },
    signals?: readonly AbortSignal[],
  ): Promise<CallbackAnswer>;
  readonly timeoutMs: number;
}

/** The receiver's answer, or the reason why there was none. */
export interface CallbackAnswer {
  readonly status?: number;
  readonly error?: string;
  readonly retryAfterMs?: number;
}

const longestTimeoutMs = 20_000;

export function callbackSender(settings: {
  /** Each of them signs: a receiver needs to know one. */
  readonly signingSecrets: SigningSecrets;
  readonly allowedHosts: readonly AllowedHost[];
  /** The longest that one attempt may take, in ms. Default and upper limit: 20 s. */
  readonly timeoutMs?: number;
  /** Default: the machine's name servers. */
  readonly resolve?: Resolve;
}): CallbackSender {
  const timeoutMs = Math.min(settings.timeoutMs ?? longestTimeoutMs, longestTimeoutMs);
  const signers = settings.signingSecrets.map((secret) => new Webhook(secret));
  const agent = guardedAgent(settings.allowedHosts, settings.resolve);

  async function send(
    callback: { id: string; url: string; body: string },
    signals: readonly AbortSignal[] = [],
  ): Promise<CallbackAnswer> {
    const at = new Date();
    const deadline = startDeadline(timeoutMs, signals);
    try {
      const response = await agent.fetch(callback.url, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'user-agent': 'client-provisioner',
          'webhook-id': callback.id,
          'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
          'webhook-signature': signers.map((signer) => signer.sign(callback.id, at, callback.body)).join(' '),
        },
        body: callback.body,
        redirect: 'manual',
        signal: deadline.signal,
      });
      // The status says it all. Whatever comes behind it is neither waited for nor kept: it may have no end.
      await response.body?.cancel().catch(() => {});
      const headers = new Headers([...response.headers]);
      const wait = retryAfterMs(response.status, headers, at);
      return { status: response.status, ...(wait === undefined ? {} : { retryAfterMs: wait }) };
    } catch (error) {
      return { error: reasonOf(error) };
    } finally {
      deadline.end();
    }
  }
  return Object.assign(send, { timeoutMs });
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'failed';
  if (error.name === 'TimeoutError') return 'no answer in time';
  if (error.name === 'AbortError') return 'cut off: the worker stopped';
  const cause = error.cause instanceof Error ? error.cause : error;
  if (cause instanceof ForbiddenAddress) return `refused: ${cause.message}`;
  return 'code' in cause && typeof cause.code === 'string' ? cause.code : cause.name;
}
