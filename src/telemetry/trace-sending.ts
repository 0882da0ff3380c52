/** A span for one attempt at a callback. Where it goes is nobody's business, and the receiver learns of no trace. */
import { SpanKind } from '@opentelemetry/api';
import type { DueCallback } from '../ledger/callbacks.ts';
import type { CallbackAnswer } from '../callbacks/send.ts';
import { failSpan, inSpan } from './spans.ts';
import { inTrace } from './trace-parent.ts';

export function traceSending(
  callback: Pick<DueCallback, 'id' | 'type' | 'attempts' | 'trace_parent'>,
  send: () => Promise<CallbackAnswer>,
): Promise<CallbackAnswer> {
  const attributes = { 'callback.id': callback.id, 'callback.attempt': callback.attempts };
  return inTrace(callback.trace_parent, () =>
    inSpan(`callback ${callback.type}`, { kind: SpanKind.CLIENT, attributes }, async (span) => {
      const answer = await send();
      if (answer.status === undefined) failSpan(span, 'no-answer');
      else span.setAttribute('http.response.status_code', answer.status);
      return answer;
    }),
  );
}
