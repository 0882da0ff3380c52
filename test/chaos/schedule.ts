/**
 * One schedule: who asks for what, what goes wrong meanwhile, and when. Drawn from a seed and nothing else, so that the
 * same seed gives the same schedule on every machine. Plain data.
 */
import type { FaultRequest, ProviderName } from '../../sandbox/sandbox.ts';
import type { ObjectKind } from '../../sandbox/exchange.ts';
import type { Backend } from '../helpers/stack.ts';
import { crashKinds, type CrashKind } from './crashes.ts';
import { drawFaults, faultsOf, type DrawnFaults, type FaultName } from './faults.ts';
import type { CrashAction } from './crash-order.ts';
import { randomOf, type Random } from './random.ts';

/** What the caller wants, and what an operator does when it sticks. */
export const courses = [
  'succeed',
  'fail',
  'pause-resume',
  'pause-rollback',
  'cancel',
  'offboard',
  'incomplete',
  'foreign',
] as const;
export type Course = (typeof courses)[number];

export interface Crash {
  readonly kind: CrashKind;
  readonly nth: number;
  readonly action: CrashAction;
  /** How long it is frozen or blocked. */
  readonly forMs: number;
}

export interface Schedule extends DrawnFaults {
  readonly seed: number;
  readonly index: number;
  readonly backend: Backend;
  /** What it was drawn from. */
  readonly focus: Focus;
  readonly course: Course;
  readonly clientId: string;
  /** A second client, at the same time, that nothing is done to on purpose. */
  readonly otherClientId: string | undefined;
  readonly hasCallback: boolean;
  /** The step that fails for good, and how. */
  readonly failure: FaultRequest | undefined;
  /** The kind whose deletion is refused until an operator has fixed it. */
  readonly refusedDeletion: ObjectKind | undefined;
  /** The kind of which a stranger has the name before anything is asked. */
  readonly foreignKind: Exclude<ObjectKind, 'vercel.deployment'> | undefined;
  /** After how many requests to providers the cancel is sent. */
  readonly cancelAfterRequests: number | undefined;
  readonly crashes: readonly Crash[];
  /** How soon a process that was ended is started again. */
  readonly restartAfterMs: number;
}

interface Failing {
  readonly provider: ProviderName;
  readonly operation: string;
  readonly status: number;
}

/** Where a step can be made to fail for good, latest step first: most schedules shall have something to undo. */
const failures: Readonly<Record<'n8n' | 'vercel' | 'github' | 'supabase', Failing>> = {
  n8n: { provider: 'n8n', operation: 'publishWorkflow', status: 400 },
  vercel: { provider: 'vercel', operation: 'createDeployment', status: 400 },
  github: { provider: 'github', operation: 'generateRepository', status: 422 },
  supabase: { provider: 'supabase', operation: 'createProject', status: 400 },
};

/** Draws only from these, to look at one thing closely. */
export interface Focus {
  readonly crashes?: readonly string[] | undefined;
  readonly faults?: readonly string[] | undefined;
  readonly courses?: readonly Course[] | undefined;
  /** What a worker does at a crash that it comes to itself. */
  readonly actions?: readonly CrashAction[] | undefined;
}

export function drawSchedule(seed: number, index: number, backend: Backend, focus: Focus = {}): Schedule {
  const random = randomOf(`${seed}/${index}`);
  const faultNames = faultsOf(backend).filter((name) => focus.faults?.includes(name) ?? true);
  const crashes = crashKinds.filter(({ name }) => focus.crashes?.includes(name) ?? true);
  const crash = crashes[index % crashes.length];
  // In so many schedules as there are pairs of crash and fault, each pair is drawn once.
  const turn = Math.floor(index / crashes.length);
  const fault = faultNames[((index % crashes.length) + turn) % faultNames.length];
  if (crash === undefined || fault === undefined) throw new TypeError('there is nothing to draw from');
  const needs = new Set([...crash.needs, ...needsOf(fault)]);
  const course = focus.courses === undefined ? drawCourse(random, needs, fault) : random.pick(focus.courses);
  const clientId = `chaos-${seed}-${index}`;
  const drawn = drawFaults(
    random,
    [fault, ...drawMore(random, faultNames)],
    needs.has('doubt') ? crash.verb : undefined,
  );
  return {
    seed,
    index,
    backend,
    focus,
    course,
    clientId,
    // There is one template for all.
    otherClientId: random.chance(0.12) && drawn.brokenTemplate === undefined ? `${clientId}-too` : undefined,
    hasCallback: needs.has('callback') || random.chance(0.7),
    failure:
      ['fail', 'pause-resume', 'pause-rollback', 'incomplete'].includes(course) &&
      drawn.brokenTemplate === undefined
        ? drawFailure(random, course, needs.has('undo'))
        : undefined,
    refusedDeletion:
      course === 'incomplete'
        ? random.pick(['supabase.project', 'github.repository', 'vercel.project'] as const)
        : undefined,
    foreignKind:
      course === 'foreign'
        ? random.pick(['github.repository', 'vercel.project', 'n8n.workflow', 'n8n.workflow'] as const)
        : undefined,
    // The latest come when everything is done, and too late.
    cancelAfterRequests: course === 'cancel' ? random.int(5, 60) : undefined,
    crashes: [crash, ...(random.chance(0.35) ? [random.pick(crashes)] : [])].map((kind) =>
      drawCrash(random, kind, focus.actions),
    ),
    restartAfterMs: random.pick([0, 0, 100, 500]),
    ...drawn,
  };
}

const undone: ReadonlySet<FaultName> = new Set<FaultName>([
  'slow-delete',
  'refused-delete',
  'blind-token',
  'copied',
]);

function needsOf(fault: FaultName): readonly ('undo' | 'callback' | 'sweep')[] {
  if (fault.startsWith('receiver')) return ['callback'];
  return undone.has(fault) ? ['undo'] : [];
}

function drawCourse(random: Random, needs: ReadonlySet<string>, fault: FaultName): Course {
  if (fault === 'refused-delete') return 'incomplete';
  if (fault === 'foreign') return 'foreign';
  if (fault === 'cancel') return 'cancel';
  if (fault.startsWith('template')) return random.pickWeighted({ 'pause-resume': 4, 'pause-rollback': 1 });
  if (fault === 'paused') return random.pick(['pause-resume', 'pause-rollback']);
  if (needs.has('sweep'))
    return random.pickWeighted({ cancel: 2, offboard: 2, 'pause-resume': 1, 'pause-rollback': 2 });
  if (needs.has('doubt')) return random.pickWeighted({ succeed: 3, offboard: 2 });
  if (needs.has('undo'))
    return random.pickWeighted({ fail: 6, cancel: 1, offboard: 3, incomplete: 1, 'pause-rollback': 1 });
  return random.pickWeighted({
    succeed: 9,
    fail: 5,
    'pause-resume': 1,
    'pause-rollback': 1,
    cancel: 1,
    offboard: 2,
    incomplete: 1,
    foreign: 1,
  });
}

function drawFailure(random: Random, course: Course, needsObjects: boolean): FaultRequest {
  const early = needsObjects ? 0 : 1;
  const { provider, operation, status } =
    failures[random.pickWeighted({ n8n: 14, vercel: 4, github: early, supabase: early })];
  // Whoever resumes has fixed what was wrong.
  const times = course === 'pause-resume' ? 1 : -1;
  return { provider, operation, status, mode: 'reject', times, body: { message: 'refused for good' } };
}

function drawMore(random: Random, faultNames: readonly FaultName[]): FaultName[] {
  const more = random.pickWeighted({ none: 3, one: 4, two: 3 });
  const count = { none: 0, one: 1, two: 2 }[more];
  // Of the rarer kinds the turn through all faults brings enough.
  const common = faultNames.filter(
    (name) =>
      !['cancel', 'paused', 'foreign', 'refused-delete'].includes(name) && !name.startsWith('template'),
  );
  if (common.length === 0) return [];
  return Array.from({ length: count }, () => random.pick(common));
}

function drawCrash(random: Random, kind: CrashKind, actions: Focus['actions']): Crash {
  return {
    kind,
    nth: random.int(1, kind.maxNth),
    action:
      kind.by === 'announced' && kind.role === 'worker'
        ? actions === undefined
          ? random.pickWeighted({ kill: 7, freeze: 2, block: 1 })
          : random.pick(actions)
        : 'kill',
    forMs: random.int(1800, 3200),
  };
}
