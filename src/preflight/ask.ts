/** One question to a provider: it always ends, in time, and as a finding. */
import { setTimeout } from 'node:timers/promises';
import type { Finding } from '../steps/check.ts';
import type { CallLimits } from '../steps/step.ts';
import { CheckTooSlow, explainFailure, isDefect, type Source } from './explain-failure.ts';
import type { LookSettings } from './settings.ts';

/** Throws only where the signal is aborted. */
export async function ask(
  source: Source,
  { timeoutMs, deadlineMs = 15_000, signal, onDefect }: LookSettings,
  look: (limits: CallLimits) => Promise<Finding>,
): Promise<Finding> {
  const ended = new AbortController();
  const limits = { timeoutMs, signal: AbortSignal.any([signal, ended.signal]) };
  const tooSlow = setTimeout(deadlineMs, undefined, { signal: limits.signal }).then(() => {
    throw new CheckTooSlow();
  });
  try {
    return await Promise.race([look(limits), tooSlow]);
  } catch (error) {
    signal.throwIfAborted();
    if (isDefect(error)) onDefect(error);
    return explainFailure(source, error);
  } finally {
    // Requests that are still under way for this question are given up.
    ended.abort();
    tooSlow.catch(() => {});
  }
}
