/** Sends spans as OTLP over HTTP. A receiver that does not take them is told of at most once a minute. */
import { performance } from 'node:perf_hooks';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import type { SpanExporter } from '@opentelemetry/sdk-trace';
import type { Logger } from '../log/logger.ts';

const sendTimeoutMs = 10_000;
const silenceMs = 60_000;

/** `OTEL_EXPORTER_OTLP_HEADERS` is read by the exporter itself. */
export function traceExporter(endpoint: string, log: Logger): SpanExporter {
  const exporter = new OTLPTraceExporter({
    url: `${endpoint.replace(/\/+$/, '')}/v1/traces`,
    timeoutMillis: sendTimeoutMs,
  });
  let toldAt = -Infinity;
  const tell = (error: Error) => {
    if (performance.now() - toldAt < silenceMs) return;
    toldAt = performance.now();
    // Not its text: it may repeat what the receiver has said.
    const reason = 'code' in error ? error.code : error.name;
    log.warn({ reason }, 'traces could not be sent');
  };
  return {
    export(spans, done) {
      exporter.export(spans, (result) => {
        if (result.error !== undefined) tell(result.error);
        done(result);
      });
    },
    shutdown: () => exporter.shutdown(),
    forceFlush: () => exporter.forceFlush(),
  };
}
