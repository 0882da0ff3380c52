/** Step 1: a Supabase project, healthy, with its keys and the address of its database. */
import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { credential } from '../http/credential.ts';
import { NotYet, ProviderError, StepFailure } from '../errors.ts';
import { AddressRefused, PasswordRefused, withDatabase } from '../providers/postgres.ts';
import {
  isMasked,
  missingPermissions,
  revealPermission,
  supabaseClient,
  type SupabaseApiKey,
  type SupabasePooler,
  type SupabaseProject,
} from '../providers/supabase.ts';
import { isClientName } from './client-name.ts';
import { projectName } from './supabase-name.ts';
import type { ReadOnly } from './check.ts';
import { supabaseChecks } from './checks/supabase.ts';
import { databaseAddress, databaseEnvironment, databaseTls, requireAuthority } from './project-database.ts';
import { apiUrl } from './provider-url.ts';
import {
  defineStep,
  type CallLimits,
  type OrphanCandidate,
  type Intent,
  type ResourceContext,
  type ResourceType,
  type Sight,
} from './step.ts';

const environment = databaseEnvironment.extend({
  SUPABASE_MANAGEMENT_TOKEN: credential,
  SUPABASE_ORG_ID: z.string().regex(/^[\w-]+$/, 'must be the organization slug'),
  SUPABASE_REGION: z
    .string()
    .regex(
      /^(smartGroup:(americas|emea|apac)|[a-z0-9-]+)$/,
      'must be a region code or smartGroup:americas|emea|apac',
    )
    .transform((region) =>
      region.startsWith('smartGroup:')
        ? { type: 'smartGroup' as const, code: region.slice('smartGroup:'.length) }
        : { type: 'specific' as const, code: region },
    ),
  SUPABASE_INSTANCE_SIZES: z
    .string()
    .regex(
      /^(starter|professional|enterprise):\w+(,(starter|professional|enterprise):\w+)*$/,
      'must look like starter:micro,professional:small,enterprise:medium',
    )
    .transform(
      (list) => new Map(list.split(',').map((pair) => [pair.split(':')[0] ?? '', pair.split(':')[1] ?? ''])),
    )
    .optional(),
  SUPABASE_API_URL: apiUrl.default('https://api.supabase.com'),
});

const output = z.object({
  supabaseProjectId: z.string(),
  supabaseProjectRef: z.string(),
  supabaseUrl: z.url(),
  databaseHost: z.string(),
  databaseUser: z.string(),
  databaseName: z.string(),
});

function connect(settings: z.infer<typeof environment>, limits: CallLimits) {
  return {
    supabase: supabaseClient({
      apiUrl: settings.SUPABASE_API_URL,
      token: settings.SUPABASE_MANAGEMENT_TOKEN,
      organizationSlug: settings.SUPABASE_ORG_ID,
      ...limits,
    }),
    settings,
    limits,
  };
}
type Providers = ReturnType<typeof connect>;
type Readers = ReadOnly<Providers>;

const project: ResourceType<Providers, Partial<z.infer<typeof output>>> = {
  kind: 'supabase.project',
  nameFor: ({ clientId }) => projectName(clientId),
  // Supabase never gives the password back, so a lost answer would lose it too.
  chooseSecrets: () => ({ 'database-password': randomBytes(24).toString('base64url') }),

  async find(context, intent) {
    const { client, providers } = context;
    const { projects, at } = await providers.supabase.findProjectsByName(this.nameFor(client));
    const objects = projects.map(async (found) => ({
      ...describe(found),
      createdAt: found.created_at,
      isOurs: intent.recorded.includes(found.ref) || (await isOurs(found, intent, context)),
    }));
    return { objects: await Promise.all(objects), at };
  },

  async create(permit, { client, providers, secrets }) {
    const { settings, supabase } = providers;
    const created = await supabase.createProject(permit, {
      name: this.nameFor(client),
      databasePassword: await secrets.read('database-password'),
      region: settings.SUPABASE_REGION,
      instanceSize: settings.SUPABASE_INSTANCE_SIZES?.get(client.tier),
    });
    return describe(created);
  },

  async read({ providers }, ref) {
    const found = await providers.supabase.findProject(ref);
    if (found === undefined) return 'absent';
    return found.status === 'GOING_DOWN' ? 'going' : 'present';
  },

  async proveSight({ providers: { supabase, settings } }) {
    if (!(await supabase.listOrganizationSlugs()).includes(settings.SUPABASE_ORG_ID)) return projectToken;
    const { plan } = await supabase.readOrganization();
    return plansWithOneScope.has(plan ?? '') ? { sees: 'all' } : scopedRole(plan);
  },

  async remove(permit, { providers }, ref) {
    await providers.supabase.deleteProject(permit, ref);
  },

  judge({ providerText }) {
    if (/already exists/i.test(providerText)) return { is: 'name-taken' };
    if (/not ready for deletion/i.test(providerText))
      return { is: 'too-early', waitingFor: 'the project to be ready for deletion' };
    return undefined;
  },

  search: {
    async list({ supabase }) {
      const { projects } = await supabase.listProjects();
      return projects.map(candidateIn).filter((one) => one !== undefined);
    },
    async read({ supabase }, ref) {
      const found = await supabase.findProject(ref);
      return found && candidateIn(found);
    },
  },
};

/** On the others a member's role may be for chosen projects: https://supabase.com/docs/guides/platform/access-control. */
const plansWithOneScope = new Set(['free', 'pro']);

const projectToken: Sight = {
  sees: 'some',
  why: 'the token does not see the organization, so it is one for chosen projects',
  whatToDo: 'Set SUPABASE_MANAGEMENT_TOKEN to an access token for the whole organization.',
};

const scopedRole = (plan: string | undefined): Sight => ({
  sees: 'unknown',
  why: `on the plan ${plan ?? '(not told)'} a role may be for chosen projects, and Supabase does not tell which the token has`,
  whatToDo:
    'Look for the project in the dashboard, with an account that has a role in the whole organization.',
});

/** A project has no field for a mark: all that it shows is its name. */
function candidateIn(found: SupabaseProject): OrphanCandidate | undefined {
  if (!isClientName(projectName, found.name)) return undefined;
  return { ...describe(found), createdAt: found.created_at, evidence: 'name', provisioningId: undefined };
}

function describe(found: SupabaseProject) {
  return {
    externalId: found.ref,
    name: found.name,
    url: `https://supabase.com/dashboard/project/${found.ref}`,
    output: {
      supabaseProjectId: found.ref,
      supabaseProjectRef: found.ref,
      supabaseUrl: `https://${found.ref}.supabase.co`,
    },
  };
}

/**
 * Tells whether a call of ours has made the project.
 *
 * A project has no field for a mark. One that was created after we saw none is ours only if a call of ours is in doubt
 * and its database accepts the password that only we know. Until its database can be asked we must not decide: a rollback
 * deletes what was taken for ours.
 */
async function isOurs(
  found: SupabaseProject,
  intent: Intent,
  context: ResourceContext<Readers>,
): Promise<boolean> {
  const { providers, secrets } = context;
  const { mayExist, absentAt } = intent;
  if (!mayExist || absentAt === undefined || found.created_at < absentAt) return false;
  const { ref, status } = found;
  // A project that has failed can never be asked, nor can a database that is out of reach from here: they count as ours.
  if (hopelessStatuses.has(status) && status !== 'GOING_DOWN') return true;
  const toShow = 'the project to show whether it is ours';
  const pooler =
    status === 'ACTIVE_HEALTHY'
      ? await whileItBoots(toShow, () => providers.supabase.readPooler(ref))
      : undefined;
  if (pooler === undefined) throw new NotYet(toShow);
  const password = await secrets.read('database-password');
  const answer = await tryPassword(addressOf(pooler), password, providers).catch(asUnreachable);
  if (answer === 'refused') await context.confirmPersistent(passwordAccepted(ref));
  return answer !== 'refused';
}

/** A database that takes no connection from here will never tell whose it is. */
function asUnreachable(error: unknown): 'unreachable' {
  if (error instanceof AddressRefused) return 'unreachable';
  throw error;
}

/** The right password too may be refused for a moment. */
function passwordAccepted(ref: string): string {
  return `the database of project ${ref} to accept its password`;
}

function addressOf(pooler: SupabasePooler) {
  return {
    databaseHost: pooler.db_host,
    databaseUser: pooler.db_user,
    databaseName: pooler.db_name,
  };
}

/** Statuses from which a new project does not become healthy by itself. */
const hopelessStatuses = new Set([
  'INIT_FAILED',
  'REMOVED',
  'RESTORE_FAILED',
  'PAUSE_FAILED',
  'INACTIVE',
  'GOING_DOWN',
]);

export const supabaseProject = defineStep({
  name: 'supabase-project',
  title: 'Supabase project',
  environment: environment.superRefine(requireAuthority, { when: () => true }),
  output,
  result: ['supabaseProjectId', 'supabaseProjectRef'],
  resources: [project],
  checks: supabaseChecks,
  connect,

  async run(context) {
    const { supabase } = context.providers;
    const ref = await context.create(project);

    const found = await supabase.findProject(ref);
    if (found !== undefined && hopelessStatuses.has(found.status))
      throw new StepFailure('provider-rejected', `Supabase project ${ref} ended up ${found.status}`);
    if (found?.status !== 'ACTIVE_HEALTHY') throw new NotYet('the project to become healthy');
    const toBeHealthy = 'the services of the project to become healthy';
    const unhealthy = await whileItBoots(toBeHealthy, () => supabase.listUnhealthyServices(ref));
    if (unhealthy.length > 0) throw new NotYet(toBeHealthy);

    const theKeys = 'the API keys of the project';
    const keys = chooseKeys(await whileItBoots(theKeys, () => revealKeys(supabase, ref)));
    if (keys === undefined) throw new NotYet(theKeys);
    await context.secrets.keep('supabase-anon-key', keys.anon);
    await context.secrets.keep('supabase-service-role-key', keys.serviceRole);

    const thePooler = 'the connection pooler of the project';
    const pooler = await whileItBoots(thePooler, () => supabase.readPooler(ref));
    if (pooler === undefined) throw new NotYet(thePooler);
    const known = {
      supabaseProjectId: ref,
      supabaseProjectRef: ref,
      supabaseUrl: `https://${ref}.supabase.co`,
      ...addressOf(pooler),
    };

    const password = await context.secrets.read('database-password');
    if ((await tryPassword(known, password, context.providers)) === 'refused') {
      await context.confirmPersistent(passwordAccepted(ref));
      const reason = `Supabase project ${ref} does not accept the database password it was created with`;
      await context.disown(project.kind, reason);
      throw new StepFailure('verification-failed', reason);
    }
    return known;
  },

  undo: (context) => context.remove(project),
});

/** True where the project takes the password that we chose. One that does not is none that we made. */
async function tryPassword(
  address: Parameters<typeof databaseAddress>[0],
  password: string,
  { settings, limits }: Readers,
): Promise<'accepted' | 'refused' | 'unreachable'> {
  const isOptional = settings.SCHEMA_TRANSPORT === 'http';
  const timeoutMs = isOptional ? Math.min(limits.timeoutMs, 5000) : limits.timeoutMs;
  try {
    await withDatabase(
      databaseAddress(address, password, settings),
      databaseTls(settings),
      { ...limits, timeoutMs },
      (database) => database.query('select 1'),
    );
    return 'accepted';
  } catch (error) {
    if (error instanceof PasswordRefused) return 'refused';
    // Where the schema goes over https, the database's port may be closed to us.
    if (isOptional && !limits.signal.aborted) return 'unreachable';
    throw error;
  }
}

/** Waits while a project's own endpoints refuse, which they may do for minutes after the project is healthy. */
async function whileItBoots<T>(waitingFor: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    const status = error instanceof ProviderError ? error.status : undefined;
    if (status === undefined || [401, 403, 429].includes(status)) throw error;
    throw new NotYet(waitingFor, { cause: error });
  }
}

/** Reads the keys. A token may create projects and still not read their keys: then waiting does not help. */
async function revealKeys(supabase: Readers['supabase'], ref: string): Promise<SupabaseApiKey[]> {
  try {
    return await supabase.listApiKeys(ref);
  } catch (error) {
    const isRefusal =
      error instanceof ProviderError && error.status === 403 && error.retryAfterMs === undefined;
    if (!isRefusal) throw error;
    const missing = missingPermissions(error);
    throw mayNotReveal(missing.length === 0 ? [revealPermission] : missing, error);
  }
}

function mayNotReveal(missing: readonly string[], cause?: unknown): StepFailure {
  return new StepFailure(
    'provider-rejected',
    `the token in SUPABASE_MANAGEMENT_TOKEN may not read the secret keys of a project: give it the permission ` +
      `${missing.join(', ')} (${revealPermission} is "API Key Secrets" at Supabase)`,
    { cause },
  );
}

/** The keys by their type, or by their legacy names. Legacy keys are deprecated by the end of 2026. */
function chooseKeys(keys: readonly SupabaseApiKey[]): { anon: string; serviceRole: string } | undefined {
  const value = (key: SupabaseApiKey | undefined) =>
    key?.api_key == null || key.api_key === '' || isMasked(key) ? undefined : key.api_key;
  const byType = (type: string) => value(keys.find((key) => key.type === type && value(key) !== undefined));
  const byName = (name: string) =>
    value(keys.find((key) => key.name === name && (key.type ?? 'legacy') === 'legacy'));
  const anon = byType('publishable') ?? byName('anon');
  const serviceRole = byType('secret') ?? byName('service_role');
  if (serviceRole === undefined && keys.some(isMasked)) throw mayNotReveal([revealPermission]);
  return anon === undefined || serviceRole === undefined ? undefined : { anon, serviceRole };
}
