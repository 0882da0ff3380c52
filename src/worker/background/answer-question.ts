/** Answers what the API asks: the providers' tokens are the worker's alone. */
import { z } from 'zod';
import { answerPreflight } from '../../preflight/answer.ts';
import type { PreflightJobData } from '../../queue/flows.ts';
import { jobDone, type JobEnd, type QueueJob } from '../../queue/jobs.ts';
import type { Engine } from '../engine.ts';

const question = z.object({ clientId: z.string().exactOptional() }) satisfies z.ZodType<PreflightJobData>;

/** Questions that one worker answers at the same time: each asks every provider several things. */
export const questionsAtOnce = 2;

export async function answerQuestion(engine: Engine, job: QueueJob): Promise<JobEnd> {
  const { clientId } = question.parse(job.data);
  const startedAt = performance.now();
  const answer = await answerPreflight(
    {
      steps: engine.steps,
      environment: engine.environment,
      timeoutMs: engine.timeoutMs,
      signal: engine.cutOff,
      onDefect: (error) => engine.log.error({ err: error }, 'a check failed'),
    },
    clientId,
  );
  const failed = answer.checks.filter(({ ok }) => !ok).map(({ provider, name }) => `${provider} ${name}`);
  engine.log.info({ failed, durationMs: Math.round(performance.now() - startedAt) }, 'preflight answered');
  return jobDone(answer);
}
