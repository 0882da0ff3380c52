/** One line about a provisioning, for lists. Pure. */
import { isGone } from '../../provisioning.ts';
import type { Provisioning, StepInfo } from '../data.ts';
import { count } from './format.ts';

export function whatIsKnown(one: Provisioning, steps: readonly StepInfo[]): string {
  const positionOf = (name: string | undefined) => one.steps.findIndex((step) => step.name === name) + 1;
  const titleOf = (name: string) => steps.find((step) => step.name === name)?.title ?? name;
  const active = one.steps.find(({ status }) => status === 'running' || status === 'waiting');
  const failure =
    one.failure === null ? undefined : `${words(one.failure.code)} at step ${positionOf(one.failure.step)}`;
  const mine = one.resources.filter(({ origin }) => origin === 'created');
  const left = mine.filter((resource) => !isGone(resource)).length;
  const { rollback } = one;
  if (rollback.status === 'incomplete') return `rollback incomplete, ${left} of ${mine.length} left`;
  if (one.status === 'paused') return `paused, ${failure ?? ''}`;
  if (rollback.status === 'pending' || rollback.status === 'running') {
    const waiting = one.steps.find(({ waitingFor }) => waitingFor !== null)?.waitingFor;
    return `undoing${waiting == null ? '' : `, waits for ${waiting}`}`;
  }
  if (one.status === 'queued') return 'waits for a worker';
  if (active !== undefined)
    return active.waitingFor === null
      ? `makes the ${lowerFirst(titleOf(active.name))}`
      : `waits for ${active.waitingFor}`;
  if (one.status === 'running') return 'goes on to the next step';
  if (one.status === 'failed') return `${failure ?? 'failed'}, rolled back`;
  if (one.status === 'cancelled') return 'cancelled, rolled back';
  if (one.state === 'offboarded') return 'offboarded';
  if (one.warnings.length > 0)
    return `${count(one.warnings.length, 'warning')}: ${one.warnings[0]?.message ?? ''}`;
  return one.result['vercelDeploymentUrl']?.replace(/^https:\/\//, '') ?? 'all steps done';
}

/** A code as people say it: `name-taken` is `name taken`. */
export function words(code: string): string {
  return code.replaceAll('-', ' ');
}

/** Within a sentence, but for names: `GitHub repository` stays as it is. */
function lowerFirst(title: string): string {
  return /^(Supabase|GitHub|Vercel|n8n)/.test(title) ? title : title.charAt(0).toLowerCase() + title.slice(1);
}
