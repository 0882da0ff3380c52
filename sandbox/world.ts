import { goodAccounts, type Accounts } from './accounts.ts';
import { createTokens } from './credentials.ts';
import type { ObjectKind, ProviderName } from './exchange.ts';
import type { N8nVersion } from './n8n/version.ts';
import { randomLetters } from './random.ts';
import type { SandboxTiming } from './timing.ts';

/** How a deployment ends; `BUILDING` never does. */
export const deploymentOutcomes = ['READY', 'ERROR', 'CANCELED', 'BLOCKED', 'BUILDING'] as const;

/** One way for a deployment to end. */
export type DeploymentOutcome = (typeof deploymentOutcomes)[number];

/** What the control can turn while the sandbox runs. */
export interface Switches {
  timing: SandboxTiming;
  readLagMs: Map<ProviderName, number>;
  revoked: Set<ProviderName>;
  /** Whose tokens are accepted as before and see nothing of ours any more. */
  blind: Set<ProviderName>;
  /** Whose lists do not heed where they are asked to go on. */
  repeating: Set<ProviderName>;
  isQuotaReached: boolean;
  deploymentOutcome: DeploymentOutcome;
  /** Added to the time a deleted object of this kind stays visible. */
  slowDeleteMs: Map<ObjectKind, number>;
  refusedDeletes: Set<ObjectKind>;
  /** How many publications from now on never register their webhooks. */
  n8nLostRegistrations: number;
  n8nStartsUntil: number;
  /** How long the starting phase lasts in all. */
  n8nStartingMs: number;
  isGithubAppInstalled: boolean;
  githubScopes: string[];
  accounts: Accounts;
}

/** What kind of n8n it is. */
export interface N8nOptions {
  readonly version: N8nVersion;
  /** What its `N8N_ENDPOINT_WEBHOOK` says. */
  readonly webhookPath: string;
}

/** Everything the four providers know of each other and of the sandbox. */
export interface World {
  readonly instance: string;
  readonly tokens: Record<ProviderName, string>;
  readonly organization: string;
  readonly templateRepository: string;
  readonly supabaseOrganization: string;
  readonly teamId: string;
  readonly teamSlug: string;
  readonly userId: string;
  readonly n8n: N8nOptions;
  readonly legacyKeysOnly: boolean;
  /** Where each server listens, known once it does. */
  readonly urls: Record<ProviderName | 'control', string>;
  /** Where the pooler listens, known once it does. */
  pooler: { host: string; port: number };
  readonly switches: Switches;
}

/** The switches as they are when a sandbox starts. */
export function initialSwitches(timing: SandboxTiming): Switches {
  return {
    timing: { ...timing },
    readLagMs: new Map(),
    revoked: new Set(),
    blind: new Set(),
    repeating: new Set(),
    isQuotaReached: false,
    deploymentOutcome: 'READY',
    slowDeleteMs: new Map(),
    refusedDeletes: new Set(),
    n8nLostRegistrations: 0,
    n8nStartsUntil: 0,
    n8nStartingMs: 0,
    isGithubAppInstalled: true,
    githubScopes: ['delete_repo', 'read:org', 'repo', 'workflow'],
    accounts: { ...goodAccounts },
  };
}

/** A new world: random tokens and ids, so that two sandboxes never accept each other's. */
export function createWorld(timing: SandboxTiming, n8n: N8nOptions, legacyKeysOnly: boolean): World {
  return {
    instance: randomLetters(10),
    tokens: createTokens(),
    organization: 'sandbox-agency',
    templateRepository: 'client-template',
    supabaseOrganization: randomLetters(20),
    teamId: `team_${randomLetters(24)}`,
    teamSlug: 'sandbox-agency',
    userId: randomLetters(24),
    n8n,
    legacyKeysOnly,
    urls: { supabase: '', github: '', vercel: '', n8n: '', control: '' },
    pooler: { host: '', port: 0 },
    switches: initialSwitches(timing),
  };
}

/** Whether Vercel's GitHub app sees a repository that was made while it was installed. */
export function seesNewRepositories({ isGithubAppInstalled, accounts }: Switches): boolean {
  return isGithubAppInstalled && accounts.githubAppAccess === 'all';
}

/** How long a removed object of a kind can still be read. */
export function removalMs({ switches: { timing, slowDeleteMs } }: World, kind: ObjectKind): number {
  const usual: Record<ObjectKind, number> = {
    'supabase.project': timing.projectRemovalMs,
    'github.repository': timing.repositoryRemovalMs,
    'vercel.project': timing.vercelRemovalMs,
    'vercel.deployment': 0,
    'n8n.workflow': 0,
  };
  return usual[kind] + (slowDeleteMs.get(kind) ?? 0);
}
