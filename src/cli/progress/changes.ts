/** The lines that tell of a change, one after the other, where nothing can be rewritten. Pure. */
import type { ShownProvisioning } from '../api/answers.ts';
import { lookAtStep } from './look.ts';
import { stateWords } from './outcome.ts';

/** The lines for what is new since an earlier look; undefined: since nothing. */
export function changesSince(before: ShownProvisioning | undefined, shown: ShownProvisioning): string[] {
  const width = Math.max(...shown.steps.map(({ name }) => name.length));
  const known = new Map(before?.steps.map((step) => [step.name, wordsOf(before, step)]));
  const lines = shown.steps.flatMap((step) => {
    const words = wordsOf(shown, step);
    const isNews = words !== (known.get(step.name) ?? 'pending');
    return isNews ? [`${shown.clientId}  ${step.name.padEnd(width)}  ${words}`] : [];
  });
  const state = stateWords(shown);
  return before !== undefined && stateWords(before) === state
    ? lines
    : [...lines, `${shown.clientId}  ${state}`];
}

type Step = ShownProvisioning['steps'][number];

/** No word changes with every second that passes, or each would be a line. */
function wordsOf(shown: ShownProvisioning, step: Step): string {
  const { note } = lookAtStep(shown, step.name, Date.parse(step.waiting?.since ?? shown.createdAt));
  return note === undefined ? step.status : `${step.status}: ${note}`;
}
