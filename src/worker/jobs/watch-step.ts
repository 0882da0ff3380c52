/** Everything that a step does is traced, and each of its requests to a provider is measured. */
import type { StepKey } from '../../ledger/steps.ts';
import { measureProviderCalls } from '../../metrics/measure-provider-calls.ts';
import { watchProviderCalls } from '../../http/watch.ts';
import { inSpan } from '../../telemetry/spans.ts';
import { traceProviderCalls } from '../../telemetry/trace-provider-calls.ts';
import type { Engine } from '../engine.ts';

export function watchStep<T>(
  { metrics }: Pick<Engine, 'metrics'>,
  { direction, name, provisioningId }: StepKey,
  work: () => Promise<T>,
): Promise<T> {
  const watches = [measureProviderCalls(metrics), traceProviderCalls];
  return inSpan(`${direction} ${name}`, { attributes: { provisioning: provisioningId } }, () =>
    watchProviderCalls(watches, work),
  );
}
