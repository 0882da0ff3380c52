/** Runs one schedule in an arena: things go wrong as drawn, then all is fixed, and what came of it is judged. */
import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { providerNames, type ProviderName } from '../../sandbox/exchange.ts';
import type { SandboxObject } from '../../sandbox/control/objects.ts';
import { limits, type Arena } from './arena.ts';
import { openCaller, type Caller } from './caller.ts';
import { checkWorld } from './checker/check.ts';
import { nameOf } from './checker/names.ts';
import { disturb, emptyLedger, emptyQueue } from './disturb.ts';
import { keptCall, type DrawnBlindness, type DrawnOutage, type FaultName, type Meddling } from './faults.ts';
import type { CrashOrder } from './crash-order.ts';
import { findLongLease, isAtRest, waitForQuiescence } from './quiescence.ts';
import { randomOf, type Random } from './random.ts';
import { readWorld } from './read-world.ts';
import { observedFaults } from './observed-faults.ts';
import type { Crash, Schedule } from './schedule.ts';
import { readSinks, type Sink } from './sinks.ts';
import type { Outage, Stranger, Violation, World } from './world.ts';

export interface Outcome {
  readonly schedule: Schedule;
  readonly violations: readonly Violation[];
  /** What really happened, as it is counted. */
  readonly crashes: readonly string[];
  readonly faults: readonly FaultName[];
  readonly objectsMade: number;
  readonly tookMs: number;
  /** The last one that was judged. */
  readonly world: World;
}

/** One run, while it lasts. */
interface Run {
  readonly arena: Arena;
  readonly schedule: Schedule;
  readonly random: Random;
  readonly caller: Caller;
  readonly crashes: Set<string>;
  readonly faults: Set<FaultName>;
  readonly strangers: Stranger[];
  readonly outages: Outage[];
  /** Faults of the sandbox by their id there. */
  readonly faultIds: Map<string, FaultName>;
  /** Requests that a provider keeps, for the workers to be ended meanwhile. */
  readonly kept: { readonly faultId: string; readonly crash: Crash; isDone: boolean }[];
  /** What goes on beside the course. */
  readonly besides: Set<Promise<unknown>>;
  /** Leases that were too long, by the database's clock. */
  readonly longLeases: Set<string>;
  /** Defects of this harness. */
  readonly problems: string[];
}

/**
 * The longest that things stay broken, and that they may take to end after that: as long as the longest wait
 * that a provider may have asked for (GitHub's minute), and once more on a machine that has much else to do.
 */
const brokenMs = 30_000;
const healingMs = 150_000;

export async function runSchedule(arena: Arena, schedule: Schedule): Promise<Outcome> {
  const startedAt = performance.now();
  const run = await begin(arena, schedule);
  armProcesses(run);
  const plan = planOf(run);
  beside(run, run.caller.create());

  const { control } = arena.sandbox;
  let hasOperated = false;
  let round = 0;
  while (performance.now() - startedAt < brokenMs) {
    const requests = control.journal().length;
    for (const event of plan.filter(({ after }) =>
      typeof after === 'number' ? after <= requests : after(),
    )) {
      plan.splice(plan.indexOf(event), 1);
      beside(run, event.act());
    }
    endWhatIsKept(run);
    round += 1;
    const lease = round % 4 === 0 ? await findLongLease(arena) : undefined;
    if (lease !== undefined) run.longLeases.add(lease);
    if (run.besides.size === 0 && round % 4 === 0 && (await isAtRest(arena, run.caller.clientIds))) {
      if (hasOperated || !(await mayOperateEarly(run))) break;
      hasOperated = true;
      beside(run, operate(run));
    }
    await delay(25);
  }
  // What was to come later than anything happened comes when all is done.
  for (const event of plan.splice(0).filter(({ isLate }) => isLate)) beside(run, event.act());
  await Promise.all(run.besides);

  await heal(run);
  let unrest = await waitForQuiescence(arena, healingMs);
  const isStuck = await needsOperator(run);
  let world = await lookAt(run, unrest, isStuck ? [] : await readSinks(arena));
  const violations = [...checkWorld(world)];
  if (isStuck && unrest === '') {
    await operate(run);
    unrest = await waitForQuiescence(arena, healingMs);
    world = await lookAt(run, unrest, await readSinks(arena));
    violations.push(...checkWorld(world));
  }
  for (const name of observedFaults(schedule, world)) run.faults.add(name);
  return {
    schedule,
    violations: [
      ...violations,
      ...[...run.longLeases].map((what) => ({
        invariant: 'I8',
        what: `${what} for longer than it may ask for, by the database's clock`,
      })),
      ...run.problems.map((what) => ({ invariant: 'harness', what })),
    ],
    crashes: [...run.crashes],
    faults: [...run.faults],
    objectsMade: world.journal.filter(
      ({ effect, objectKind }) => effect === 'created' && objectKind !== 'vercel.deployment',
    ).length,
    tookMs: performance.now() - startedAt,
    world,
  };
}

/** An empty ledger, an empty queue, new providers, and what is wrong from the start. */
async function begin(arena: Arena, schedule: Schedule): Promise<Run> {
  const { control } = arena.sandbox;
  const random = randomOf(`${schedule.seed}/${schedule.index}/run`);
  await arena.heal();
  await emptyLedger(arena);
  await emptyQueue(arena);
  await control.reset();
  await arena.template.become(schedule.brokenTemplate ?? 'whole');
  arena.takeLogs();
  arena.restartAfterMs = schedule.restartAfterMs;

  const strangers: Stranger[] = [];
  if (schedule.foreignKind !== undefined) {
    const name = nameOf(schedule.foreignKind, schedule.clientId);
    const id = await control.createForeign(schedule.foreignKind, name);
    strangers.push({ kind: schedule.foreignKind, id, name, act: 'created' });
  }
  if (schedule.isCrowded)
    for (let index = 0; index < 900; index += 1)
      await control.createForeign('n8n.workflow', `Somebody's workflow ${index}`);
  if (schedule.lag !== undefined) control.setReadLag(schedule.lag.provider, schedule.lag.ms);
  if (schedule.slowDelete !== undefined)
    control.setSlowDelete(schedule.slowDelete.kind, schedule.slowDelete.ms);
  if (schedule.refusedDeletion !== undefined) control.refuseDelete(schedule.refusedDeletion, true);
  if (schedule.receiver !== undefined) control.setReceiver(schedule.clientId, schedule.receiver);
  // First come, first met: the failure that is meant comes before what hits anything.
  if (schedule.failure !== undefined) control.addFault(schedule.failure);
  const kept = schedule.crashes.flatMap((crash) => {
    const { by, verb } = crash.kind;
    if (by === 'announced' || verb === undefined) return [];
    return [{ faultId: control.addFault(keptCall(random, verb, by === 'acted')), crash, isDone: false }];
  });
  const faultIds = new Map(
    schedule.providerFaults.map(({ name, request }) => [control.addFault(request), name] as const),
  );
  return {
    arena,
    schedule,
    random,
    caller: openCaller(arena, schedule),
    crashes: new Set(),
    faults: new Set(),
    strangers,
    outages: [],
    faultIds,
    kept,
    besides: new Set(),
    longLeases: new Set(),
    problems: [],
  };
}

/** Tells the processes what to do to themselves. Each crash happens once, to whichever process comes there first. */
function armProcesses(run: Run): void {
  const { arena, schedule } = run;
  const left = new Map(
    schedule.crashes
      .filter(({ kind }) => kind.by === 'announced')
      .map((crash, index) => [String(index), crash] as const),
  );
  const arm = () => {
    const orders = (role: Crash['kind']['role']): CrashOrder[] =>
      [...left].flatMap(([id, { kind, nth, action, forMs }]) =>
        kind.role === role && kind.point !== undefined
          ? [{ id, point: kind.point, verb: kind.verb, nth, action, blockMs: forMs }]
          : [],
      );
    arena.arm({ worker: orders('worker'), server: orders('server') });
  };
  arena.onFired = (id, child) => {
    const crash = left.get(id) ?? schedule.crashes[Number(id)];
    if (crash?.action === 'freeze')
      beside(
        run,
        delay(crash.forMs).then(() => child.kill('SIGCONT')),
      );
    if (crash !== undefined) run.crashes.add(crash.kind.name);
    if (left.delete(id)) arm();
  };
  arm();
}

interface PlannedEvent {
  /** How many requests the providers have got by then. */
  readonly after: number | (() => boolean);
  act(): Promise<unknown>;
  /** It happens in the end, at the latest. */
  readonly isLate?: boolean;
}

function planOf(run: Run): PlannedEvent[] {
  const { arena, schedule, random } = run;
  const { control } = arena.sandbox;
  const plan: PlannedEvent[] = schedule.disturbances.map((disturbance) => ({
    after: disturbance.afterRequests,
    async act() {
      if (await disturb(arena, disturbance, random)) run.faults.add(disturbance.name);
    },
  }));
  if (schedule.revoked !== undefined) {
    const { provider, afterRequests, forMs } = schedule.revoked;
    plan.push({
      after: afterRequests,
      async act() {
        control.revokeToken(provider);
        await delay(forMs);
        control.restoreToken(provider);
      },
    });
  }
  if (schedule.blind !== undefined) plan.push(blindToken(run, schedule.blind));
  for (const outage of schedule.outages)
    plan.push({
      after: () =>
        control.journal().filter(({ provider }) => provider === outage.provider).length >=
        outage.afterRequests,
      act: () => goAway(run, outage),
    });
  if (schedule.meddling !== undefined) {
    const { act, afterRequests } = schedule.meddling;
    plan.push({ after: afterRequests, act: () => meddle(run, act) });
  }
  if (schedule.copying !== undefined) plan.push(copyWorkflow(run, schedule.copying));
  if (schedule.cancelAfterRequests !== undefined)
    plan.push({
      after: schedule.cancelAfterRequests,
      act: () => run.caller.ask('cancel'),
      isLate: true,
    });
  return plan;
}

/** Somebody copies the client's workflow with all that tells whose it is. */
function copyWorkflow(run: Run, { name }: NonNullable<Schedule['copying']>): PlannedEvent {
  const { control } = run.arena.sandbox;
  const find = () => control.objects().find(({ kind, foreign }) => kind === 'n8n.workflow' && !foreign);
  return {
    after: () => find() !== undefined,
    async act() {
      const ours = find();
      if (ours === undefined) return;
      const { kind, id: copyOf } = ours;
      // Nobody reads and copies within the tick of a clock.
      const createdAt = new Date(Math.max(Date.now(), Date.parse(ours.createdAt) + 1)).toISOString();
      const copyName = name === 'ours' ? ours.name : "Somebody's copy";
      const id = await control.createForeign(kind, copyName, { copyOf, createdAt });
      run.strangers.push({ kind, id, name: copyName, act: 'created' });
      run.faults.add('copied');
    },
  };
}

/** The token sees nothing of ours any more, and does again after a while. */
function blindToken(run: Run, { provider, during, forMs }: DrawnBlindness): PlannedEvent {
  const { control } = run.arena.sandbox;
  const hasLost = () =>
    control
      .journal()
      .some(
        (entry) => entry.provider === provider && entry.effect === 'created' && entry.fault !== undefined,
      );
  return {
    after: () => (during === 'doubt' ? hasLost() : isUndoing(run)),
    async act() {
      control.blindToken(provider);
      const before = control.journal().length;
      const countAsked = () => control.journal(before).filter((entry) => entry.provider === provider).length;
      await delay(forMs);
      // Whoever works slowly gets to it later.
      for (const giveUpAt = performance.now() + 3000; countAsked() < looksInTheDark; await delay(25))
        if (performance.now() > giveUpAt) break;
      control.restoreToken(provider);
      if (countAsked() > 0) run.faults.add('blind-token');
    },
  };
}

/** A look, the proof of sight, and another look, a few times. */
const looksInTheDark = 10;

/** The first thing is being deleted, or made ready for that. */
function isUndoing({ arena }: Run): boolean {
  return arena.sandbox.control
    .journal()
    .some(({ method, path }) => method === 'DELETE' || path.endsWith('/unpublish'));
}

/** The provider is away, and comes back. */
async function goAway({ arena, outages }: Run, { provider, form, ms }: DrawnOutage): Promise<void> {
  const front = arena.fronts[provider];
  const from = new Date();
  if (form === 'starting') arena.sandbox.control.setN8nStarting(ms);
  else await front.leave(form);
  await delay(ms);
  if (form !== 'starting') await front.comeBack();
  outages.push({
    provider,
    form: String(form),
    from: from.toISOString(),
    until: new Date().toISOString(),
  });
}

/** Somebody else removes or renames the newest object of ours, or takes its name. */
async function meddle(run: Run, act: Meddling): Promise<void> {
  const { control } = run.arena.sandbox;
  const isFair = ({ kind, foreign, details }: SandboxObject) =>
    !foreign && kind !== 'vercel.deployment' && details['isBeingRemoved'] !== true;
  const newest = () =>
    control
      .objects()
      .filter(isFair)
      .toSorted((a, b) => b.createdAt.localeCompare(a.createdAt))[0];
  const isUnfair = () => act === 'replace' && newest()?.kind === 'github.repository' && isNameRead(run);
  const giveUpAt = performance.now() + 3000;
  while (isUnfair()) {
    if (performance.now() > giveUpAt) return;
    await delay(10);
  }
  const object = newest();
  if (object === undefined) return;
  const { kind, id, name } = object;
  if (act === 'remove') control.removeObject(kind, id);
  else control.renameObject(kind, id, `${name}-renamed`);
  run.strangers.push({ kind, id, name, act: act === 'remove' ? 'removed' : 'renamed' });
  if (act === 'replace') {
    const strange = await control.createForeign(kind, name);
    run.strangers.push({ kind, id: strange, name, act: 'created' });
  }
  run.faults.add(act === 'remove' ? 'removed' : act === 'rename' ? 'renamed' : 'replaced');
}

/**
 * GitHub deletes by name, which is read right before. Who gives it to another repository in between has that one
 * deleted, which docs/reliability.md owns up to: any other moment will do.
 */
function isNameRead({ arena }: Run): boolean {
  const last = arena.sandbox.control.journal().findLast(({ provider }) => provider === 'github');
  return last?.operation === 'getRepositoryById';
}

/** Ends both workers while a provider keeps the request of one. */
function endWhatIsKept({ arena, kept, crashes }: Run): void {
  const faults = arena.sandbox.control.faults();
  for (const one of kept) {
    const hasFired = faults.some(({ id, fired }) => id === one.faultId && fired > 0);
    if (one.isDone || !hasFired) continue;
    one.isDone = true;
    crashes.add(one.crash.kind.name);
    for (const { role, child } of arena.slots) if (role === 'worker') child.kill('SIGKILL');
  }
}

/** Ends everything that is wrong, but for what only an operator's act can meet. */
async function heal({ arena, schedule, faults, faultIds }: Run): Promise<void> {
  const { control } = arena.sandbox;
  for (const { id, fired } of control.faults()) {
    const name = faultIds.get(id);
    if (fired > 0 && name !== undefined) faults.add(name);
  }
  control.clearFaults();
  for (const provider of providerNames) {
    control.restoreToken(provider);
    control.setReadLag(provider, 0);
  }
  if (schedule.slowDelete !== undefined) control.setSlowDelete(schedule.slowDelete.kind, 0);
  if (schedule.receiver !== undefined && !schedule.faultNames.includes('receiver-gone'))
    control.setReceiver(schedule.clientId, { status: 200 });
  await arena.heal();
}

async function readStates({
  arena,
  schedule,
}: Run): Promise<{ status: string; rollback: string } | undefined> {
  const { rows } = await arena.pool.query<{ status: string; rollback: string }>(
    `select status, rollback_status as rollback from ledger.provisionings
     where client_id = $1 order by created_at desc limit 1`,
    [schedule.clientId],
  );
  return rows[0];
}

/** While things are still broken. What refuses deletions is fixed only after that. */
async function mayOperateEarly(run: Run): Promise<boolean> {
  return run.schedule.course !== 'incomplete' && (await needsOperator(run).catch(() => false));
}

async function needsOperator(run: Run): Promise<boolean> {
  const state = await readStates(run);
  const isToGo =
    run.schedule.course === 'offboard' && state?.status === 'succeeded' && state.rollback === 'none';
  return state?.status === 'paused' || state?.rollback === 'incomplete' || isToGo;
}

/** The operator fixes what refused, and decides; some press the button twice. */
async function operate(run: Run): Promise<void> {
  const { arena, schedule, caller, random } = run;
  if (schedule.refusedDeletion !== undefined)
    arena.sandbox.control.refuseDelete(schedule.refusedDeletion, false);
  if (schedule.brokenTemplate !== undefined) await arena.template.become('whole');
  const state = await readStates(run);
  const act = state?.status === 'paused' && schedule.course === 'pause-resume' ? 'resume' : 'rollback';
  const presses = random.chance(0.3) ? 2 : 1;
  await Promise.all(Array.from({ length: presses }, () => caller.ask(act)));
}

async function lookAt(run: Run, unrest: string, sinks: readonly Sink[]): Promise<World> {
  const { arena, caller, strangers, outages, schedule } = run;
  const shown = sinks.length === 0 ? [] : await caller.show();
  const { environment } = arena;
  return readWorld({
    pool: arena.pool,
    control: arena.sandbox.control,
    clientIds: caller.clientIds,
    requests: caller.requests,
    strangers,
    outages,
    impaired: impairedProviders(schedule),
    templateTables: arena.template.tables,
    isQuiescent: unrest === '',
    unrest,
    signingSecret: environment['WEBHOOK_SIGNING_SECRET'] ?? '',
    sinks: [...sinks, ...shown.map((text) => ({ name: 'API', text }))],
    secrets: secretNames.map((name) => ({ name, value: environment[name] ?? '' })),
    projectsUrl: arena.providersUrl,
    encryptionKeys: arena.encryptionKeys,
    limits: {
      maxAttempts: limits.STEP_MAX_ATTEMPTS,
      readyTimeoutMs: limits.READY_TIMEOUT_MS,
      pollBaseMs: limits.POLL_BASE_MS,
    },
  });
}

/** Whose objects come and go late, who hides some, and whose databases refuse: the journal does not say so. */
function impairedProviders({ lag, slowDelete, blind, providerFaults }: Schedule): ProviderName[] {
  const hasRefusals = providerFaults.some(({ request }) => request.operation === 'connectDatabase');
  return providerNames.filter(
    (name) =>
      [lag?.provider, blind?.provider, hasRefusals ? 'supabase' : undefined].includes(name) ||
      slowDelete?.kind.startsWith(`${name}.`),
  );
}

const secretNames = [
  'ADMIN_API_KEY',
  'ENCRYPTION_KEYS',
  'WEBHOOK_SIGNING_SECRET',
  'SUPABASE_MANAGEMENT_TOKEN',
  'GITHUB_TOKEN',
  'VERCEL_TOKEN',
  'N8N_API_KEY',
];

/** Goes on beside the course. What it throws is a defect of the harness, not of the product. */
function beside(run: Run, work: Promise<unknown>): void {
  const guarded = work
    .catch((error: unknown) => run.problems.push(String(error)))
    .finally(() => run.besides.delete(guarded));
  run.besides.add(guarded);
}
