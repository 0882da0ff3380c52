/** Asks a worker to look at the providers: it has their tokens, and this process has not. */
import { findingsSchema, type PreflightFindings } from '../api/preflight.ts';
import type { PreflightJobData } from '../queue/flows.ts';
import { storePreflight } from '../ledger/last-preflight.ts';
import type { Deps } from './deps.ts';
import { Problem } from './problem.ts';

/** Longer than a worker takes, and shorter than the usual patience of callers and proxies. */
const timeoutMs = 25_000;

/** Throws a 503 when no worker answers, or one of another version that answers something else. */
export async function askPreflight(deps: Deps, question: PreflightJobData): Promise<PreflightFindings> {
  const asked = deps.queues()?.askPreflight(question, timeoutMs);
  const answer = await asked?.catch((error: unknown) => {
    deps.log.warn({ err: error }, 'the queue did not take a question');
  });
  const parsed = findingsSchema.safeParse(answer);
  if (parsed.success) {
    // People see it later. That it was not kept is no reason to keep it from whoever has asked.
    if (question.clientId === undefined) await storePreflight(deps.pool, parsed.data).catch(() => {});
    return parsed.data;
  }
  throw new Problem(503, 'worker-unavailable', 'No worker has answered. Is one running?', {
    headers: { 'Retry-After': '10' },
  });
}
