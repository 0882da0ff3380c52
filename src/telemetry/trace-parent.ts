/**
 * The W3C traceparent: one text that names a trace, and the span in it that caused what follows.
 *
 * A traceparent travels in the header of a request, in the jobs of the queue and in the ledger. https://www.w3.org/TR/trace-context/
 */
import {
  context,
  isSpanContextValid,
  ROOT_CONTEXT,
  trace,
  TraceFlags,
  type Context,
  type SpanContext,
} from '@opentelemetry/api';

const pattern = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;

export function writeTraceParent({ traceId, spanId, traceFlags }: SpanContext): string {
  const flags = isSampled(traceFlags) ? '01' : '00';
  return `00-${traceId}-${spanId}-${flags}`;
}

/** A context inside that trace. Undefined: the text names none. */
export function readTraceParent(text: string | undefined, within: Context): Context | undefined {
  const [, traceId = '', spanId = '', flags = ''] = pattern.exec(text ?? '') ?? [];
  const traceFlags = isSampled(Number.parseInt(flags, 16)) ? TraceFlags.SAMPLED : TraceFlags.NONE;
  const parent: SpanContext = { traceId, spanId, traceFlags, isRemote: true };
  return isSpanContextValid(parent) ? trace.setSpanContext(within, parent) : undefined;
}

/** The trace that the work under way belongs to. Undefined: none that is kept. */
export function activeTraceParent(): string | undefined {
  const active = trace.getActiveSpan()?.spanContext();
  return active !== undefined && isSampled(active.traceFlags) ? writeTraceParent(active) : undefined;
}

/** Does the work inside its own trace where it has one, else inside the one that it was asked for in. */
export function inTrace<T>(traceParent: string | undefined, work: () => Promise<T>): Promise<T> {
  if (activeTraceParent() !== undefined) return work();
  const parent = readTraceParent(traceParent, ROOT_CONTEXT);
  return parent === undefined ? work() : context.with(parent, work);
}

/** Does what belongs to another trace than the one of whoever asks for it. */
export function inNoTrace<T>(work: () => T): T {
  return context.with(ROOT_CONTEXT, work);
}

function isSampled(flags: number): boolean {
  return (flags & TraceFlags.SAMPLED) !== 0;
}
