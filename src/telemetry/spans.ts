/**
 * Spans of our own. While nobody traces, they are nothing and cost nothing.
 *
 * A span says what was done and how it ended: never a URL, a body, a name of a client or the text of an error.
 */
import {
  SpanStatusCode,
  trace,
  type Attributes,
  type Span,
  type SpanKind,
  type Tracer,
} from '@opentelemetry/api';

/** Asked for each time: whoever keeps it keeps the one of before tracing began. */
export function tracer(): Tracer {
  return trace.getTracer('client-provisioner');
}

/** Does the work inside a span; what it throws marks the span as failed. */
export function inSpan<T>(
  name: string,
  options: { readonly kind?: SpanKind; readonly attributes: Attributes },
  work: (span: Span) => Promise<T>,
): Promise<T> {
  return tracer().startActiveSpan(name, options, async (span) => {
    try {
      return await work(span);
    } catch (error) {
      failSpan(span, error instanceof Error ? error.name : 'unknown');
      throw error;
    } finally {
      span.end();
    }
  });
}

/** `type`: one of few words. */
export function failSpan(span: Span, type: string): void {
  span.setAttribute('error.type', type);
  span.setStatus({ code: SpanStatusCode.ERROR });
}
