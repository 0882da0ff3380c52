/**
 * Traces, where `OTEL_EXPORTER_OTLP_ENDPOINT` says where to send them.
 *
 * One per process, however many servers and workers it holds: what OpenTelemetry knows as global is.
 */
import type { Telemetry } from 'bullmq';
import type { CoreConfig } from '../config.ts';
import type { Logger } from '../log/logger.ts';

export interface Tracing {
  /** Makes the queue carry traces from whoever adds a job to whoever works on it. */
  readonly queueTelemetry: Telemetry;
  /** Sends what is left, within a second. */
  stop(): Promise<void>;
}

let shared: Promise<Tracing> | undefined;
let users = 0;

/** Undefined: no traces are wanted, and nothing was loaded. Whoever starts it last stops it last. */
export async function startTracing(
  config: Pick<CoreConfig, 'OTEL_EXPORTER_OTLP_ENDPOINT' | 'OTEL_SERVICE_NAME'>,
  log: Logger,
): Promise<Tracing | undefined> {
  const endpoint = config.OTEL_EXPORTER_OTLP_ENDPOINT;
  if (endpoint === undefined) return undefined;
  users += 1;
  shared ??= import('./open-tracing.ts').then(({ openTracing }) =>
    openTracing({ endpoint, serviceName: config.OTEL_SERVICE_NAME, log }),
  );
  const tracing = await shared;
  let isStopped = false;
  return {
    queueTelemetry: tracing.queueTelemetry,
    async stop() {
      if (isStopped) return;
      isStopped = true;
      users -= 1;
      if (users > 0) return;
      shared = undefined;
      await tracing.stop();
    },
  };
}
