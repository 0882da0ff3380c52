/** BullMQ's own spans, without what names a client: titles of jobs and flows, their results, and texts of errors. */
import type { Context } from '@opentelemetry/api';
import type { Telemetry } from 'bullmq';
import { BullMQOtel } from 'bullmq-otel';

const shownAttributes = new Set([
  'bullmq.queue.name',
  'bullmq.queue.operation',
  'bullmq.job.id',
  'bullmq.job.attempts.made',
  'bullmq.worker.id',
]);

type QueueSpan = ReturnType<Telemetry['tracer']['startSpan']>;

export function queueTelemetry(): Telemetry {
  const { tracer, contextManager } = new BullMQOtel({ tracerName: 'client-provisioner queue' });
  return {
    contextManager,
    tracer: {
      startSpan: (name, options, context?: Context) => discreet(tracer.startSpan(name, options, context)),
    },
  };
}

function discreet(span: QueueSpan): QueueSpan {
  return {
    setSpanOnContext(context: Context) {
      const within: unknown = span.setSpanOnContext(context);
      return within;
    },
    setAttribute(key, value) {
      if (shownAttributes.has(key)) span.setAttribute(key, value);
    },
    setAttributes(attributes) {
      span.setAttributes(
        Object.fromEntries(Object.entries(attributes).filter(([key]) => shownAttributes.has(key))),
      );
    },
    addEvent(name) {
      span.addEvent(name);
    },
    recordException(exception) {
      const name = typeof exception === 'string' ? undefined : exception.name;
      span.setAttribute('error.type', name ?? 'unknown');
    },
    end: () => span.end(),
  };
}
