/** Sends orders: as plans, which change nothing, and for good. */
import { randomUUID } from 'node:crypto';
import type { Answer, Api } from './api/client.ts';

/** The body of `POST /api/provisioning`. */
export interface Order {
  readonly clientId: string;
  readonly clientName: string;
  readonly orgEmail: string;
  readonly tier: string;
  readonly callbackUrl?: string | undefined;
  readonly onFailure?: string | undefined;
}

/** A worker asks the providers, which takes up to half a minute. */
export const providersAnswerMs = 45_000;

/** The plan: what would be made, and what stands in its way. Nothing is written anywhere. */
export function planOrder(api: Api, order: Order): Promise<Answer> {
  return api.call({
    method: 'POST',
    path: '/api/provisioning?dryRun=true',
    body: order,
    answerMs: providersAnswerMs,
  });
}

/** Sends it for good. Sent again with the same key it makes nothing twice, so a lost answer does no harm. */
export function sendOrder(api: Api, order: Order, idempotencyKey: string = randomUUID()): Promise<Answer> {
  return api.call({
    method: 'POST',
    path: '/api/provisioning',
    body: order,
    headers: { 'idempotency-key': idempotencyKey },
  });
}
