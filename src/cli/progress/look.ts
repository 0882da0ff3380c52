/** What the progress view says of a step or of its undo, from what the API shows. Pure. */

interface ShownError {
  readonly code: string;
  readonly message: string;
}

interface ShownStep {
  readonly name: string;
  readonly status: string;
  readonly startedAt?: string | null | undefined;
  readonly finishedAt?: string | null | undefined;
  readonly waitingFor?: string | null | undefined;
  readonly waiting?: { readonly since: string; readonly until: string | null } | null | undefined;
  readonly error?: ShownError | null | undefined;
}

interface ShownResource {
  readonly kind: string;
  readonly name: string;
  readonly state: string;
}

/** The parts of a provisioning that its progress is told from. */
export interface Shown {
  readonly status: string;
  readonly rollback: { readonly status: string };
  readonly done: boolean;
  readonly steps: readonly ShownStep[];
  readonly resources: readonly ShownResource[];
  readonly failure: ShownError | null;
}

export type Look =
  | {
      readonly is: 'pending' | 'under-way' | 'done' | 'skipped';
      readonly note: string | undefined;
      /** Undefined: the API does not tell. */
      readonly seconds: number | undefined;
    }
  | { readonly is: 'failed'; readonly note: string; readonly seconds: number | undefined };

/** Where a step is on its way. */
export function lookAtStep(shown: Shown, name: string, now: number): Look {
  const step = shown.steps.find((candidate) => candidate.name === name);
  if (step === undefined) return { is: 'skipped', note: undefined, seconds: undefined };
  const seconds = secondsOf(step, now);
  const hasEnded = shown.done || shown.status === 'paused' || shown.rollback.status !== 'none';
  switch (step.status) {
    case 'succeeded':
    case 'undone':
    case 'undo-failed':
      return { is: 'done', note: undefined, seconds };
    case 'failed':
      return { is: 'failed', note: wordsOf(step.error ?? shown.failure) ?? 'failed', seconds };
    case 'skipped':
      return { is: 'skipped', note: undefined, seconds: undefined };
    case 'pending':
      return { is: hasEnded ? 'skipped' : 'pending', note: undefined, seconds };
    default:
      return { is: 'under-way', note: noteOf(step, now), seconds };
  }
}

function secondsOf({ startedAt, finishedAt }: ShownStep, now: number): number | undefined {
  if (startedAt == null) return undefined;
  return ((finishedAt == null ? now : Date.parse(finishedAt)) - Date.parse(startedAt)) / 1000;
}

function noteOf(step: ShownStep, now: number): string | undefined {
  if (step.waitingFor != null) return `waiting for ${step.waitingFor}${lengthOf(step.waiting, now)}`;
  return step.status === 'waiting' && step.error != null ? `${step.error.code}, trying again` : undefined;
}

/** `, for 40 s of 10 min` of a wait that is long, in steps of 10 s: each is a line where there is no terminal. */
function lengthOf(wait: ShownStep['waiting'], now: number): string {
  if (wait == null) return '';
  const since = Date.parse(wait.since);
  const seconds = Math.floor((now - since) / 10_000) * 10;
  if (seconds < 10) return '';
  const limit = wait.until === null ? undefined : (Date.parse(wait.until) - since) / 1000;
  return `, for ${duration(seconds)}${limit === undefined ? '' : ` of ${duration(limit)}`}`;
}

function duration(seconds: number): string {
  return seconds < 120 ? `${Math.round(seconds)} s` : `${Math.round(seconds / 60)} min`;
}

function wordsOf(error: { code: string; message: string } | null | undefined): string | undefined {
  return error == null ? undefined : `${error.code}: ${error.message}`;
}

/** The steps that a rollback has to undo, the last one first: those that began. */
export function stepsToUndo(shown: Shown): string[] {
  return shown.steps
    .filter(({ status }) => status !== 'skipped' && status !== 'pending')
    .map(({ name }) => name)
    .toReversed();
}

/**
 * Where the undo of a step is.
 *
 * A step that failed stays `failed` when it is undone, so its resources tell, by their provider's name.
 */
export function lookAtUndo(shown: Shown, name: string): Look {
  const step = shown.steps.find((candidate) => candidate.name === name);
  const own = shown.resources.filter(({ kind }) => isMadeBy(kind, name));
  const hasEnded = shown.rollback.status === 'completed' || shown.rollback.status === 'incomplete';
  const left = own.filter(({ state }) => state === 'delete-failed');
  if (step?.status === 'undo-failed' || left.length > 0)
    return {
      is: 'failed',
      note:
        wordsOf(step?.error) ?? `${left.map((resource) => resource.name).join(', ')} could not be deleted`,
      seconds: undefined,
    };
  const isUndone = step?.status === 'undone' || (step?.status === 'failed' && own.every(isGone));
  if (isUndone || hasEnded) {
    const deleted = own.map((resource) => `${resource.kind} ${resource.name}`).join(', ');
    return {
      is: 'done',
      note: deleted === '' ? 'nothing of its own to delete' : `deleted ${deleted}`,
      seconds: undefined,
    };
  }
  return {
    is: 'under-way',
    note: step?.waitingFor == null ? undefined : `waiting for ${step.waitingFor}`,
    seconds: undefined,
  };
}

function isMadeBy(kind: string, step: string): boolean {
  return kind.split('.')[0] === step.split('-')[0];
}

function isGone({ state }: ShownResource): boolean {
  return state === 'deleted' || state === 'forgotten';
}

/** `Supabase project     4.5 s  waiting for …`: the title in a column of `width`. */
export function progressLine(
  title: string,
  width: number,
  seconds: number | undefined,
  note?: string,
): string {
  const time = seconds === undefined ? '' : `${seconds.toFixed(1)} s`;
  return `${title.padEnd(width)}  ${time.padStart(6)}${note === undefined ? '' : `  ${note}`}`.trimEnd();
}
