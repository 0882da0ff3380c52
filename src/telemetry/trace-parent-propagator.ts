/** Lets a trace enter and leave the process: as a traceparent, and with no baggage of anybody's. */
import { trace, type TextMapPropagator } from '@opentelemetry/api';
import { readTraceParent, writeTraceParent } from './trace-parent.ts';

const field = 'traceparent';

export const traceParentPropagator: TextMapPropagator = {
  inject(context, carrier, setter) {
    const span = trace.getSpanContext(context);
    if (span !== undefined) setter.set(carrier, field, writeTraceParent(span));
  },
  extract(context, carrier, getter) {
    const text = getter.get(carrier, field);
    return readTraceParent(typeof text === 'string' ? text : text?.[0], context) ?? context;
  },
  fields: () => [field],
};
