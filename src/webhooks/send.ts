/** Sends a signed callback, once. https://www.standardwebhooks.com */
import { Webhook } from 'standardwebhooks';
import type { AllowedHost } from '../config.ts';
import { retryAfterMs } from '../http.ts';
import { guardedAgent } from './guard.ts';

export interface CallbackSender {
  (callback: { id: string; url: string; body: string }, signal?: AbortSignal): Promise<CallbackAnswer>;
  readonly timeoutMs: number;
}

/** What the receiver answered, or why there was no answer. */
export interface CallbackAnswer {
  readonly status?: number;
  readonly error?: string;
  readonly retryAfterMs?: number;
}

const longestTimeoutMs = 20_000;

export function callbackSender(settings: {
  readonly signingSecret: string;
  readonly allowedHosts: readonly AllowedHost[];
  /** The longest that one attempt may take, in ms. Default and upper limit: 20 s. */
  readonly timeoutMs?: number;
}): CallbackSender {
  const timeoutMs = Math.min(settings.timeoutMs ?? longestTimeoutMs, longestTimeoutMs);
  const webhook = new Webhook(settings.signingSecret);
  const agent = guardedAgent(settings.allowedHosts);

  async function send(
    callback: { id: string; url: string; body: string },
    signal?: AbortSignal,
  ): Promise<CallbackAnswer> {
    const at = new Date();
    try {
      const response = await agent.fetch(callback.url, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'user-agent': 'client-provisioner',
          'webhook-id': callback.id,
          'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
          'webhook-signature': webhook.sign(callback.id, at, callback.body),
        },
        body: callback.body,
        redirect: 'manual',
        signal: AbortSignal.any([AbortSignal.timeout(timeoutMs), ...(signal === undefined ? [] : [signal])]),
      });
      await response.body?.cancel();
      const headers = new Headers([...response.headers]);
      const wait = retryAfterMs(response.status, headers, at);
      return { status: response.status, ...(wait === undefined ? {} : { retryAfterMs: wait }) };
    } catch (error) {
      return { error: reasonOf(error) };
    }
  }
  return Object.assign(send, { timeoutMs });
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'failed';
  if (error.name === 'TimeoutError') return 'no answer in time';
  const cause = error.cause instanceof Error ? error.cause : error;
  return 'code' in cause && typeof cause.code === 'string' ? cause.code : cause.name;
}
