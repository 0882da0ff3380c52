/** The callbacks that the receiver got, with their signatures checked as any receiver would. */
import { Webhook } from 'standardwebhooks';
import { z } from 'zod';
import type { ReceivedCallback } from '../sandbox/control/receivers.ts';

export interface CheckedCallback {
  /** `webhook-id`. */
  readonly id: string;
  /** Undefined when the signature is wrong: nothing in it can be believed then. */
  readonly type: string | undefined;
}

const payload = z.object({ type: z.string() });

export function checkCallbacks(
  received: readonly ReceivedCallback[],
  signingSecret: string,
): CheckedCallback[] {
  const webhook = new Webhook(signingSecret);
  return received.map(({ headers, body }) => {
    const id = headers['webhook-id'] ?? '(none)';
    try {
      return { id, type: payload.parse(webhook.verify(body, headers)).type };
    } catch {
      return { id, type: undefined };
    }
  });
}
