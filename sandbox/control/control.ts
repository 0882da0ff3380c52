import type { Accounts } from '../accounts.ts';
import type { ObjectKind, ProviderName } from '../exchange.ts';
import type { Fault, FaultRegistry, FaultRequest } from '../faults.ts';
import type { Journal, JournalEntry } from '../journal.ts';
import type { Listening } from '../listen.ts';
import type { SandboxTiming } from '../timing.ts';
import { initialSwitches, type DeploymentOutcome, type World } from '../world.ts';
import { createForeignObject, type ForeignDetails } from './foreign.ts';
import { listObjects, type ProviderStates, type SandboxObject } from './objects.ts';
import type { ReceivedCallback, ReceiverBehaviour, Receivers } from './receivers.ts';

/** What a test or a person can ask of a sandbox and do to it, besides calling its providers. */
export interface SandboxControl {
  /** The requests to the providers, oldest first; with `after`, only those of a greater sequence. */
  journal(after?: number): JournalEntry[];
  /** Every live object of every provider: the truth, without lag. */
  objects(): SandboxObject[];
  /** Announces a fault; answers its id. */
  addFault(fault: FaultRequest): string;
  /** All faults since the last clearing, with how often each was met. */
  faults(): Fault[];
  clearFaults(): void;
  /** Changes delays, for what is under way too. */
  setTiming(timing: Partial<SandboxTiming>): void;
  /** How long a new object stays invisible to this provider's reads; 0 ends it. */
  setReadLag(provider: ProviderName, milliseconds: number): void;
  /** From now on the provider refuses its token. */
  revokeToken(provider: ProviderName): void;
  /** From now on the provider accepts its token and hides from it what is ours. */
  blindToken(provider: ProviderName): void;
  /** Ends both. */
  restoreToken(provider: ProviderName): void;
  /** From now on each page of this provider's lists is the first one, as from a server that ignores the parameter. */
  repeatPages(provider: ProviderName): void;
  /** Whether the organization may have no more free Supabase projects. */
  setQuotaReached(isReached: boolean): void;
  /** What deployments from now on end as. */
  setDeploymentOutcome(outcome: DeploymentOutcome): void;
  /** How much longer a deleted object of this kind stays visible. */
  setSlowDelete(kind: ObjectKind, milliseconds: number): void;
  /** Whether deletes of this kind are answered 403. */
  refuseDelete(kind: ObjectKind, isRefused: boolean): void;
  /** Puts n8n back into its starting phase for so long. */
  setN8nStarting(milliseconds: number): void;
  /** Of the next publications so many are answered well, and never register their webhooks. */
  setN8nLostRegistrations(count: number): void;
  /** Whether Vercel's GitHub app is installed in the organization. */
  setGithubAppInstalled(isInstalled: boolean): void;
  /** Whether the provider's server refuses connections, as one that is down. */
  setUnreachable(provider: ProviderName, isUnreachable: boolean): Promise<void>;
  /** The scopes of the GitHub token; without `delete_repo` deletes are refused. */
  setGithubScopes(scopes: string[]): void;
  /** Changes what the accounts are like and what the tokens may do. */
  setAccounts(accounts: Partial<Accounts>): void;
  /** Makes an object that no API call made: a stranger's. Answers its id. */
  createForeign(kind: ObjectKind, name: string, details?: ForeignDetails): Promise<string>;
  /** Renames an object behind the API's back; a repository's old name then redirects. */
  renameObject(kind: ObjectKind, id: string, name: string): void;
  /** Removes an object behind the API's back, at once. */
  removeObject(kind: ObjectKind, id: string): void;
  /** What a receiver got, or all of them, oldest first. */
  receivedCallbacks(name?: string): ReceivedCallback[];
  /** How a receiver answers from its next delivery on. */
  setReceiver(name: string, behaviour: ReceiverBehaviour): void;
  /** Back to the beginning: no objects, faults, journal or deliveries, all switches as at the start. */
  reset(): Promise<void>;
}

/** The parts that the control works on. */
export interface ControlParts {
  world: World;
  states: ProviderStates;
  faults: FaultRegistry;
  journal: Journal;
  receivers: Receivers;
  /** The servers of the providers, once they listen. */
  listening: ReadonlyMap<ProviderName, Listening>;
}

/** The control of a sandbox. */
export function createControl(parts: ControlParts): SandboxControl {
  const { world, states, faults, journal, receivers, listening } = parts;
  const { switches } = world;
  const initialTiming = { ...switches.timing };

  function storeOf(kind: ObjectKind) {
    return {
      'supabase.project': states.supabase.projects,
      'github.repository': states.github.repositories,
      'vercel.project': states.vercel.projects,
      'vercel.deployment': states.vercel.deployments,
      'n8n.workflow': states.n8n.workflows,
    }[kind];
  }
  return {
    journal: (after) => journal.entries(after),
    objects: () => listObjects(world, states),
    addFault: (fault) => faults.add(fault),
    faults: () => faults.list(),
    clearFaults: () => faults.clear(),
    setTiming: (timing) => void Object.assign(switches.timing, timing),
    setReadLag: (provider, milliseconds) => void switches.readLagMs.set(provider, milliseconds),
    revokeToken: (provider) => void switches.revoked.add(provider),
    blindToken: (provider) => void switches.blind.add(provider),
    restoreToken(provider) {
      switches.revoked.delete(provider);
      switches.blind.delete(provider);
    },
    repeatPages: (provider) => void switches.repeating.add(provider),
    setQuotaReached: (isReached) => void (switches.isQuotaReached = isReached),
    setDeploymentOutcome: (outcome) => void (switches.deploymentOutcome = outcome),
    setSlowDelete: (kind, milliseconds) => void switches.slowDeleteMs.set(kind, milliseconds),
    refuseDelete(kind, isRefused) {
      if (isRefused) switches.refusedDeletes.add(kind);
      else switches.refusedDeletes.delete(kind);
    },
    setN8nStarting(milliseconds) {
      switches.n8nStartingMs = milliseconds;
      switches.n8nStartsUntil = Date.now() + milliseconds;
    },
    setN8nLostRegistrations: (count) => void (switches.n8nLostRegistrations = count),
    setGithubAppInstalled: (isInstalled) => void (switches.isGithubAppInstalled = isInstalled),
    async setUnreachable(provider, isUnreachable) {
      const server = listening.get(provider);
      await (isUnreachable ? server?.goAway() : server?.comeBack());
    },
    setGithubScopes: (scopes) => void (switches.githubScopes = scopes),
    setAccounts: (accounts) => void Object.assign(switches.accounts, accounts),
    createForeign: (kind, name, details = {}) => createForeignObject(world, states, kind, name, details),
    renameObject(kind, id, name) {
      const repository = kind === 'github.repository' ? states.github.repositories.get(id) : undefined;
      const object = storeOf(kind).get(id);
      if (object === undefined) throw new Error(`there is no ${kind} ${id}`);
      if (repository === undefined) object.name = name;
      else states.github.rename(repository, name);
    },
    removeObject(kind, id) {
      const object = storeOf(kind).get(id);
      if (object === undefined) throw new Error(`there is no ${kind} ${id}`);
      const project = kind === 'supabase.project' ? states.supabase.projects.get(id) : undefined;
      if (project !== undefined) states.supabase.remove(project);
      object.removedAt = -Infinity;
    },
    receivedCallbacks: (name) => receivers.received(name),
    setReceiver: (name, behaviour) => receivers.set(name, behaviour),
    async reset() {
      await Promise.all([...listening.values()].map((server) => server.comeBack()));
      Object.assign(switches, initialSwitches(initialTiming));
      states.github.clear();
      states.vercel.clear();
      states.n8n.clear();
      await states.supabase.clear();
      faults.clear();
      receivers.clear();
      journal.clear();
    },
  };
}
