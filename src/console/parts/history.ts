/** The history in sentences. Pure. */
import type { HistoryEvent, StepInfo } from '../data.ts';
import { nameOf } from './name-of.ts';
import { words } from './what-is-known.ts';

export interface HistoryLine {
  readonly text: string;
  /** Whoever did it: a person, a program, or our own worker. */
  readonly by: string;
  readonly reason: string | undefined;
}

/** Undefined: only a program wants to know that. */
export function historyLine(
  { type, data }: HistoryEvent,
  steps: readonly StepInfo[],
): HistoryLine | undefined {
  const step = typeof data['step'] === 'string' ? data['step'] : '';
  const title = steps.find(({ name }) => name === step)?.title ?? step;
  const error = errorText(data['error']);
  const by = typeof data['by'] === 'string' ? nameOf(data['by']) : 'worker';
  const reason = typeof data['reason'] === 'string' ? data['reason'] : undefined;
  const number = typeof data['attempt'] === 'number' ? data['attempt'] : 1;
  // What comes of a first attempt says that it has begun.
  if (number === 1 && (type === 'step.started' || type === 'undo.started')) return undefined;
  const attempt = `, attempt ${number}`;
  const waitingFor = typeof data['waitingFor'] === 'string' ? data['waitingFor'] : undefined;
  const name = typeof data['name'] === 'string' ? data['name'] : '';
  const sentences: Readonly<Record<string, string>> = {
    'provisioning.accepted': 'Accepted',
    'provisioning.succeeded': 'Succeeded: everything is made',
    'provisioning.failed': `Failed${step === '' ? '' : ` at ${title}: ${words(text(data['code']))}`}. Rollback begins`,
    'provisioning.paused': `Paused at ${title}: ${words(text(data['code']))}`,
    'provisioning.cancelled': 'Cancelled. Rollback begins',
    'provisioning.resumed': 'Resumed',
    'rollback.requested': 'Rollback asked for',
    'rollback.completed': 'Rollback completed: all of it is gone',
    'rollback.incomplete': 'Rollback incomplete: something is left',
    'step.started': `${title} begins${attempt}`,
    'step.waiting':
      waitingFor === undefined ? `${title}: ${error}. Tried again later` : `${title} waits for ${waitingFor}`,
    'step.succeeded': `${title} succeeded`,
    'step.failed': `${title} failed for good: ${error}`,
    'undo.started': `Undo of ${title} begins${attempt}`,
    'undo.waiting':
      waitingFor === undefined
        ? `Undo of ${title}: ${error}. Tried again later`
        : `Undo of ${title} waits for ${waitingFor}`,
    'undo.succeeded': `Undo of ${title} succeeded`,
    'undo.failed': `Undo of ${title} failed: ${error}`,
    'resource.created': `${name} was made`,
    'resource.foreign': `${name === '' ? 'Something' : name} was found that is not ours. It is never touched`,
    'resource.forgotten': `${name} was taken off the list`,
    'resource.delete-failed': 'Something could not be deleted',
    'callback.redelivered': `Callback ${text(data['callback'])} is sent again`,
  };
  const sentence = sentences[type];
  return sentence === undefined ? undefined : { text: sentence, by, reason };
}

function errorText(error: unknown): string {
  if (typeof error !== 'object' || error === null || !('message' in error)) return 'an error';
  return String(error.message);
}

function text(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}
