/** Every moment at which the chaos tests end, freeze or block a process, and what a schedule needs to get there. */
import type { CrashFacts, CrashPoint } from '../../src/crash-points.ts';

export type Verb = NonNullable<CrashFacts['verb']>;

export interface CrashKind {
  /** As counted: `point`, or `point verb`. */
  readonly name: string;
  readonly role: 'worker' | 'server';
  /**
   * `announced`: the process does it to itself. `acted` and `not-acted`: the provider keeps the request, with or
   * without having acted on it, and the processes are ended meanwhile.
   */
  readonly by: 'announced' | 'acted' | 'not-acted';
  readonly point: CrashPoint | undefined;
  readonly verb: Verb | undefined;
  /** How far to look for it: the greatest n of "at the n-th time". */
  readonly maxNth: number;
  /** It comes only where something is undone, a call is in doubt, a callback is sent, or work has no job. */
  readonly needs: readonly ('undo' | 'doubt' | 'callback' | 'sweep')[];
}

const verbs: readonly Verb[] = ['create', 'change', 'delete'];
/** How often one of two workers meets an effect of that kind in one course, at least. */
const effects: Readonly<Record<Verb, number>> = { create: 2, change: 2, delete: 1 };

function ofEffect(point: CrashPoint, needs: CrashKind['needs'] = []): CrashKind[] {
  return verbs.map((verb) => ({
    name: `${point} ${verb}`,
    role: 'worker',
    by: 'announced',
    point,
    verb,
    maxNth: needs.length > 0 ? 1 : effects[verb],
    needs: verb === 'delete' ? ['undo', ...needs.filter((need) => need !== 'doubt')] : needs,
  }));
}

function announced(point: CrashPoint, more: Partial<CrashKind> = {}): CrashKind {
  return {
    name: point,
    role: 'worker',
    by: 'announced',
    point,
    verb: undefined,
    maxNth: 1,
    needs: [],
    ...more,
  };
}

function kept(by: 'acted' | 'not-acted', name: string): CrashKind[] {
  return verbs.map((verb) => ({
    name: `${name} ${verb}`,
    role: 'worker',
    by,
    point: undefined,
    verb,
    maxNth: 1,
    needs: verb === 'delete' ? ['undo'] : [],
  }));
}

export const crashKinds: readonly CrashKind[] = [
  announced('claimed', { maxNth: 4 }),
  ...ofEffect('intent-sent'),
  ...ofEffect('intent-committed'),
  ...kept('not-acted', 'sent-not-acted'),
  ...kept('acted', 'acted-no-answer'),
  ...ofEffect('answered'),
  ...ofEffect('record-sent'),
  ...ofEffect('recorded'),
  ...ofEffect('looking', ['doubt']),
  announced('step-recorded', { maxNth: 2 }),
  announced('queue-told', { maxNth: 2 }),
  announced('outcome-recorded'),
  announced('flow-numbered', { needs: ['undo'] }),
  announced('sweeping', { needs: ['sweep'] }),
  announced('callback-taken', { needs: ['callback'] }),
  announced('callback-sent', { needs: ['callback'] }),
  announced('accept-sent', { role: 'server' }),
  announced('accepted', { role: 'server' }),
  announced('enqueued', { role: 'server' }),
];
