/** Everything that can go wrong outside the product's processes, and how each is drawn. */
import type { FaultMode, FaultRequest, ProviderName } from '../../sandbox/sandbox.ts';
import { providerNames, type ObjectKind } from '../../sandbox/exchange.ts';
import type { ReceiverBehaviour } from '../../sandbox/control/receivers.ts';
import type { Backend } from '../helpers/stack.ts';
import type { Absence } from './front.ts';
import type { Random } from './random.ts';
import type { BrokenTemplate } from './template.ts';
import type { Verb } from './crashes.ts';

/** One thing that happens to a queue, a database, a connection or a clock, once the providers got so many requests. */
export interface Disturbance {
  readonly name: DisturbanceName;
  readonly afterRequests: number;
  /** Which of the two workers it hits, where it hits one. */
  readonly slot: 0 | 1;
  readonly forMs: number;
}

export interface NamedFault {
  readonly name: FaultName;
  readonly request: FaultRequest;
}

export interface DrawnFaults {
  readonly faultNames: readonly FaultName[];
  readonly providerFaults: readonly NamedFault[];
  /** How long a new object stays invisible at one provider. */
  readonly lag: { readonly provider: ProviderName; readonly ms: number } | undefined;
  readonly slowDelete: { readonly kind: ObjectKind; readonly ms: number } | undefined;
  /** A token that is accepted as before, and from which everything of ours is hidden for a while. */
  readonly blind: DrawnBlindness | undefined;
  /** A token that is refused for a while. */
  readonly revoked:
    | { readonly provider: ProviderName; readonly afterRequests: number; readonly forMs: number }
    | undefined;
  readonly receiver: ReceiverBehaviour | undefined;
  readonly disturbances: readonly Disturbance[];
  /** A stranger removes, or renames, the newest object of ours; or renames it and makes one of the same name. */
  readonly meddling: { readonly act: Meddling; readonly afterRequests: number } | undefined;
  /** Strangers have more workflows than a page of the list holds. */
  readonly isCrowded: boolean;
  readonly isAskedTwice: boolean;
  /** Somebody copies the client's workflow as soon as it is there, and a call that makes it gets no answer. */
  readonly copying: { readonly name: 'its own' | 'ours' } | undefined;
  /** The template is broken until an operator has fixed it. */
  readonly brokenTemplate: BrokenTemplate | undefined;
  readonly outages: readonly DrawnOutage[];
}

/** A whole provider is away, for longer than all attempts at a step take and for less than READY_TIMEOUT_MS. */
export interface DrawnOutage {
  readonly name: FaultName;
  readonly provider: ProviderName;
  /** `starting`: n8n answers as one that starts up. */
  readonly form: Absence | 'starting';
  /** It begins once that provider has got so many requests: then somebody is about to ask it more. */
  readonly afterRequests: number;
  readonly ms: number;
}

export interface DrawnBlindness {
  readonly provider: ProviderName;
  /** While things are deleted, or once a create has got no answer. */
  readonly during: 'undo' | 'doubt';
  readonly forMs: number;
}

export type Meddling = 'remove' | 'rename' | 'replace';

const providerFaultModes = [
  'drop-before',
  'drop-after',
  'hang-before',
  'hang-after',
  'error-before',
  'error-after',
  'rate-limit',
  'garbage',
  'huge',
  'redirect',
  'latency',
  'stale-read',
] as const satisfies readonly FaultMode[];

/** What happens to queue, ledger, connections, clocks and processes. */
const disturbanceNames = [
  'queue-flushed',
  'queue-restarted-empty',
  'queue-restored-old',
  'queue-away',
  'queue-frozen',
  'jobs-deleted',
  'jobs-doubled',
  'job-stalled-out',
  'ledger-killed',
  'ledger-restarted',
  'ledger-slow',
  'ledger-unreachable',
  'connections-cut',
  'commit-answer-lost',
  'clock-wrong',
  'all-workers-killed',
] as const;
export type DisturbanceName = (typeof disturbanceNames)[number];

/** What a fault is counted as. */
const faultNames = [
  ...providerFaultModes,
  'lost-answer',
  'late',
  'refused',
  'lag',
  'slow-delete',
  'refused-delete',
  'revoked-token',
  'foreign',
  'renamed',
  'replaced',
  'removed',
  'copied',
  'crowded',
  'blind-token',
  'password-refused',
  'pooler-full',
  'outage-refused',
  'outage-page',
  'n8n-starting',
  'receiver-fails',
  'receiver-gone',
  'receiver-redirects',
  'receiver-slow',
  'asked-twice',
  'template-commits',
  'template-open',
  'cancel',
  'paused',
  ...disturbanceNames,
] as const;
export type FaultName = (typeof faultNames)[number];

/** The call whose answer is lost, by what it does; one of each provider that has one. */
const calls: Readonly<Record<Verb, readonly (readonly [ProviderName, string])[]>> = {
  create: [
    ['supabase', 'createProject'],
    ['github', 'generateRepository'],
    ['vercel', 'createVercelProject'],
    ['n8n', 'createWorkflow'],
  ],
  change: [
    ['vercel', 'createDeployment'],
    ['n8n', 'publishWorkflow'],
  ],
  // What every course with an undo comes to.
  delete: [
    ['supabase', 'deleteProject'],
    ['github', 'deleteRepository'],
  ],
};

const lostModes = ['drop-after', 'hang-after', 'error-after', 'drop-before'] as const;

/** `doubtful`: a call of that verb must get no answer. */
export function drawFaults(
  random: Random,
  names: readonly FaultName[],
  doubtful: Verb | 'accept' | undefined,
): DrawnFaults {
  const has = (name: FaultName) => names.includes(name);
  const providerFaults = names.flatMap((name) =>
    drawProviderFault(random, name).map((request) => ({ name, request })),
  );
  if (doubtful !== undefined && doubtful !== 'accept')
    providerFaults.push({ name: 'lost-answer', request: drawLostAnswer(random, doubtful) });
  // Where ours is renamed or removed in doubt too, nobody can tell the copy from it.
  const copying =
    has('copied') && !has('removed') && !has('renamed') && !has('replaced')
      ? { name: random.pick(['its own', 'ours'] as const) }
      : undefined;
  if (copying !== undefined)
    providerFaults.push({ name: 'lost-answer', request: drawLostCreate(random, 'n8n', lostModes) });
  const blind = has('blind-token') ? drawBlindness(random) : undefined;
  if (blind?.during === 'doubt')
    providerFaults.push({
      name: 'lost-answer',
      request: drawLostCreate(random, blind.provider, ['drop-after', 'error-after']),
    });
  return {
    faultNames: names,
    providerFaults,
    copying,
    blind,
    lag: has('lag') ? { provider: random.pick(providerNames), ms: random.int(100, 500) } : undefined,
    slowDelete: has('slow-delete')
      ? {
          kind: random.pick(['supabase.project', 'github.repository', 'vercel.project'] as const),
          ms: random.int(200, 1000),
        }
      : undefined,
    isCrowded: has('crowded'),
    revoked: has('revoked-token')
      ? {
          provider: random.pick(providerNames),
          afterRequests: random.int(3, 40),
          forMs: random.int(50, 1500),
        }
      : undefined,
    receiver: drawReceiver(random, names),
    disturbances: names.flatMap((name) => drawDisturbance(random, name)),
    meddling:
      has('removed') || has('renamed') || has('replaced')
        ? {
            act: has('removed') ? 'remove' : has('renamed') ? 'rename' : 'replace',
            afterRequests: random.int(10, 45),
          }
        : undefined,
    isAskedTwice: has('asked-twice'),
    brokenTemplate: has('template-commits') ? 'commits' : has('template-open') ? 'open' : undefined,
    outages: names.flatMap((name) => drawOutage(random, name)),
  };
}

/** How many requests a provider gets in a run and an undo, about. */
const requestsTo: Readonly<Record<ProviderName, number>> = { supabase: 12, github: 9, vercel: 14, n8n: 12 };
/** All attempts at a step, with the delays between them, take less than a second. */
const outlastsAttemptsMs = 1100;

function drawOutage(random: Random, name: FaultName): DrawnOutage[] {
  const isOfN8n = name === 'n8n-starting';
  if (!isOfN8n && name !== 'outage-refused' && name !== 'outage-page') return [];
  const provider = isOfN8n ? 'n8n' : random.pick(providerNames);
  const form = isOfN8n
    ? 'starting'
    : name === 'outage-refused'
      ? 'refused'
      : random.pick([502, 503, 504, 521] as const);
  return [
    {
      name,
      provider,
      form,
      afterRequests: random.int(1, requestsTo[provider]),
      ms: outlastsAttemptsMs + random.int(0, 900),
    },
  ];
}

function drawProviderFault(random: Random, name: FaultName): FaultRequest[] {
  if (name === 'lost-answer') return [drawLostAnswer(random, random.pick(['create', 'change', 'delete']))];
  if (name === 'late') return [drawLate(random)];
  const refusal = name === 'password-refused' || name === 'pooler-full' ? refusals[name] : undefined;
  if (refusal !== undefined) return [drawConnectionFault(random, refusal)];
  const mode = name === 'refused' ? 'refuse' : providerFaultModes.find((candidate) => candidate === name);
  if (mode === undefined) return [];
  const times =
    mode === 'stale-read' ? random.int(1, 3) : random.pickWeighted({ once: 3, twice: 1 }) === 'once' ? 1 : 2;
  const provider = random.pick(providerNames);
  const fault: FaultRequest = { provider, operation: '*', mode, times, skip: random.int(0, 6) };
  if (mode === 'latency') return [{ ...fault, delayMs: random.int(100, 1000) }];
  if (mode === 'stale-read') return [{ ...fault, delayMs: random.int(100, 500) }];
  if (mode === 'rate-limit' && random.chance(0.5)) return [{ ...fault, retryAfterSeconds: 1 }];
  return [fault];
}

function drawLostAnswer(random: Random, verb: Verb): FaultRequest {
  const [provider, operation] = random.pick(calls[verb]);
  return { provider, operation, mode: random.pick(lostModes), times: random.int(1, 2) };
}

/** In the pooler's words: it remembers another password of a young project, or has no session left. */
const refusals = {
  'password-refused': { code: '28P01', message: 'password authentication failed for user "postgres"' },
  'pooler-full': {
    code: 'XX000',
    message:
      '(EMAXCONNSESSION) max clients reached in session mode - max clients are limited to pool_size: 15',
  },
} as const;

/** A connection to a project's database that is refused, and taken soon after. */
function drawConnectionFault(random: Random, body: { code: string; message: string }): FaultRequest {
  const connection = { provider: 'supabase', operation: 'connectDatabase', mode: 'reject' } as const;
  return { ...connection, body, times: random.int(1, 2), skip: random.int(0, 1) };
}

function drawBlindness(random: Random): DrawnBlindness {
  const during = random.pick(['undo', 'doubt'] as const);
  return {
    provider: random.pickWeighted({ github: 3, supabase: 1, vercel: 1, n8n: 1 }),
    during,
    // Until an absence would be proof, if it were one.
    forMs: during === 'doubt' ? random.int(2000, 2600) : random.int(900, 2000),
  };
}

function drawLostCreate(random: Random, provider: ProviderName, modes: readonly FaultMode[]): FaultRequest {
  const [, operation = ''] = calls.create.find(([name]) => name === provider) ?? [];
  return { provider, operation, mode: random.pick(modes), times: 1 };
}

/** A create that the provider acts on after its caller has given up, and before its absence counts as proof. */
function drawLate(random: Random): FaultRequest {
  const [provider, operation] = random.pick(calls.create);
  return { provider, operation, mode: 'latency', delayMs: random.int(750, 1700), times: 1 };
}

/** A request that the provider keeps, for a process to be ended meanwhile. */
export function keptCall(random: Random, verb: Verb, hasActed: boolean): FaultRequest {
  const [provider, operation] = random.pick(calls[verb]);
  return { provider, operation, mode: hasActed ? 'hang-after' : 'hang-before', times: 1 };
}

function drawReceiver(random: Random, names: readonly FaultName[]): ReceiverBehaviour | undefined {
  if (names.includes('receiver-fails'))
    return { statuses: [...Array.from({ length: random.int(1, 4) }, () => 500), 200] };
  if (names.includes('receiver-gone')) return { statuses: [410] };
  if (names.includes('receiver-redirects'))
    return { statuses: [307, 200], location: 'http://127.0.0.1:1/elsewhere' };
  if (names.includes('receiver-slow')) return { delayMs: random.int(200, 900) };
  return undefined;
}

/** PostgreSQL is queue and ledger in one: what happens to Redis alone cannot happen there. */
const onlyOnRedis: ReadonlySet<FaultName> = new Set<FaultName>([
  'queue-restarted-empty',
  'queue-restored-old',
  'queue-away',
  'queue-frozen',
  'job-stalled-out',
]);

export function faultsOf(backend: Backend): readonly FaultName[] {
  return backend === 'redis' ? faultNames : faultNames.filter((name) => !onlyOnRedis.has(name));
}

function drawDisturbance(random: Random, name: FaultName): Disturbance[] {
  if (!isDisturbance(name)) return [];
  return [
    {
      name,
      afterRequests: random.int(2, 45),
      slot: random.pick([0, 1] as const),
      forMs: random.int(300, 2500),
    },
  ];
}

const disturbing = new Set<string>(disturbanceNames);

function isDisturbance(name: FaultName): name is DisturbanceName {
  return disturbing.has(name);
}
