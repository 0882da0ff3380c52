/** The OpenTelemetry SDK, which is loaded only where traces are wanted. */
import { setTimeout as pause } from 'node:timers/promises';
import { context, propagation, SpanKind, trace } from '@opentelemetry/api';
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  SamplingDecision,
  TracerProvider,
  type Sampler,
} from '@opentelemetry/sdk-trace';
import type { Logger } from '../log/logger.ts';
import { AsyncContext } from './async-context.ts';
import { traceExporter } from './exporter.ts';
import { queueTelemetry } from './queue-telemetry.ts';
import { serviceResource } from './resource.ts';
import { traceParentPropagator } from './trace-parent-propagator.ts';
import type { Tracing } from './tracing.ts';

const batchDelayMs = 1000;
/** So long may the last spans hold up a stop. */
const flushTimeoutMs = 1000;

/** A trace begins with a request. What the queue does for itself, all the time, is not worth one. */
const beginsWithRequest: Sampler = {
  shouldSample: (_context, _traceId, _name, kind) => ({
    decision: kind === SpanKind.SERVER ? SamplingDecision.RECORD_AND_SAMPLED : SamplingDecision.NOT_RECORD,
  }),
  toString: () => 'BeginsWithRequest',
};

export function openTracing(settings: {
  readonly endpoint: string;
  readonly serviceName: string;
  readonly log: Logger;
}): Tracing {
  const provider = new TracerProvider({
    resource: serviceResource(settings.serviceName),
    sampler: new ParentBasedSampler({ root: beginsWithRequest }),
    spanProcessors: [
      new BatchSpanProcessor({
        exporter: traceExporter(settings.endpoint, settings.log),
        scheduledDelayMillis: batchDelayMs,
      }),
    ],
  });
  trace.setGlobalTracerProvider(provider);
  context.setGlobalContextManager(new AsyncContext());
  propagation.setGlobalPropagator(traceParentPropagator);
  return {
    queueTelemetry: queueTelemetry(),
    async stop() {
      const flushed = provider.shutdown().catch(() => {});
      await Promise.race([flushed, pause(flushTimeoutMs, undefined, { ref: false })]);
      trace.disable();
      context.disable();
      propagation.disable();
    },
  };
}
