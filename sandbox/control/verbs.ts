import { z } from 'zod';
import { accountsSchema } from '../accounts.ts';
import { objectKinds, providerNames } from '../exchange.ts';
import { faultModes } from '../faults.ts';
import type { SandboxTiming } from '../timing.ts';
import { deploymentOutcomes } from '../world.ts';
import type { SandboxControl } from './control.ts';
import { foreignDetails } from './foreign.ts';

/** One verb of the control as it is called over HTTP. */
export interface Verb {
  name: string;
  description: string;
  /** The JSON body that it takes. */
  schema: z.ZodType;
  /** Answers what is sent back as JSON; undefined is sent as 204. */
  run(control: SandboxControl, body: unknown): unknown;
}

function verb<T>(
  name: string,
  description: string,
  schema: z.ZodType<T>,
  run: (control: SandboxControl, input: T) => unknown,
): Verb {
  return { name, description, schema, run: (control, body) => run(control, schema.parse(body)) };
}

const provider = z.enum(providerNames);
const kind = z.enum(objectKinds);
const milliseconds = z.number().min(0);
const nothing = z.strictObject({});

const timing = z
  .strictObject({
    projectHealthyAfterMs: milliseconds,
    projectDeletableAfterMs: milliseconds,
    keysAfterMs: milliseconds,
    repositoryContentAfterMs: milliseconds,
    vercelSeesRepositoryAfterMs: milliseconds,
    deploymentReadyAfterMs: milliseconds,
    webhookRegisteredAfterMs: milliseconds,
    unpublishedAfterMs: milliseconds,
    publishBlindMs: milliseconds,
    projectRemovalMs: milliseconds,
    repositoryRemovalMs: milliseconds,
    vercelRemovalMs: milliseconds,
  } satisfies Record<keyof SandboxTiming, z.ZodType>)
  .partial();

const fault = z.strictObject({
  provider,
  operation: z.string().describe('an operation as the journal names it, or * for all of the provider'),
  mode: z.enum(faultModes),
  times: z.int().optional().describe('how many requests it hits, -1 for all; default 1'),
  skip: z.int().min(0).optional().describe('how many matching requests pass first'),
  matching: z.string().optional().describe('only requests with this text in path or body'),
  delayMs: milliseconds.optional(),
  status: z.int().min(200).max(599).optional(),
  retryAfterSeconds: z.number().min(0).optional(),
  body: z.unknown().optional(),
  headers: z.record(z.string(), z.string()).optional(),
});

const receiver = z.strictObject({
  name: z.string(),
  status: z.int().optional(),
  statuses: z.array(z.int()).optional(),
  delayMs: milliseconds.optional(),
  location: z.string().optional(),
});

const accounts = accountsSchema.strict().exactPartial();

/** Undefined fields are as good as absent ones to `setTiming`, but not to its type. */
function present(values: Partial<Record<keyof SandboxTiming, number | undefined>>): Partial<SandboxTiming> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}

/** All verbs, in the order in which they are documented. */
export const verbs: readonly Verb[] = [
  verb(
    'journal',
    'requests to the providers, oldest first',
    z.strictObject({ after: z.coerce.number().optional() }),
    (control, { after }) => control.journal(after),
  ),
  verb('objects', 'every live object of every provider', nothing, (control) => control.objects()),
  verb('addFault', 'announces a fault, answers its id', fault, (control, input) => ({
    id: control.addFault(input),
  })),
  verb('faults', 'all faults and how often each was met', nothing, (control) => control.faults()),
  verb('clearFaults', 'ends all faults', nothing, (control) => control.clearFaults()),
  verb('setTiming', 'changes delays', timing, (control, input) => control.setTiming(present(input))),
  verb(
    'setReadLag',
    'how long new objects stay invisible to reads',
    z.strictObject({ provider, milliseconds }),
    (control, input) => control.setReadLag(input.provider, input.milliseconds),
  ),
  verb('revokeToken', 'the provider refuses its token', z.strictObject({ provider }), (control, input) =>
    control.revokeToken(input.provider),
  ),
  verb(
    'blindToken',
    'the provider hides from its token what is ours',
    z.strictObject({ provider }),
    (control, input) => control.blindToken(input.provider),
  ),
  verb(
    'repeatPages',
    'every page of its lists is the first one',
    z.strictObject({ provider }),
    (control, input) => control.repeatPages(input.provider),
  ),
  verb('restoreToken', 'ends both', z.strictObject({ provider }), (control, input) =>
    control.restoreToken(input.provider),
  ),
  verb(
    'setQuotaReached',
    'whether no more free Supabase projects are allowed',
    z.strictObject({ isReached: z.boolean() }),
    (control, input) => control.setQuotaReached(input.isReached),
  ),
  verb(
    'setDeploymentOutcome',
    'what deployments end as',
    z.strictObject({ outcome: z.enum(deploymentOutcomes) }),
    (control, input) => control.setDeploymentOutcome(input.outcome),
  ),
  verb(
    'setSlowDelete',
    'how much longer deleted objects stay visible',
    z.strictObject({ kind, milliseconds }),
    (control, input) => control.setSlowDelete(input.kind, input.milliseconds),
  ),
  verb(
    'refuseDelete',
    'whether deletes are answered 403',
    z.strictObject({ kind, isRefused: z.boolean() }),
    (control, input) => control.refuseDelete(input.kind, input.isRefused),
  ),
  verb(
    'setN8nStarting',
    'puts n8n into its starting phase',
    z.strictObject({ milliseconds }),
    (control, input) => control.setN8nStarting(input.milliseconds),
  ),
  verb(
    'setN8nLostRegistrations',
    'how many of the next publications never register their webhooks',
    z.strictObject({ count: z.int().min(0) }),
    (control, input) => control.setN8nLostRegistrations(input.count),
  ),
  verb(
    'setGithubAppInstalled',
    "whether Vercel's GitHub app is installed",
    z.strictObject({ isInstalled: z.boolean() }),
    (control, input) => control.setGithubAppInstalled(input.isInstalled),
  ),
  verb(
    'setUnreachable',
    "whether the provider's server refuses connections",
    z.strictObject({ provider, isUnreachable: z.boolean() }),
    (control, input) => control.setUnreachable(input.provider, input.isUnreachable),
  ),
  verb(
    'setGithubScopes',
    'the scopes of the GitHub token',
    z.strictObject({ scopes: z.array(z.string()) }),
    (control, input) => control.setGithubScopes(input.scopes),
  ),
  verb(
    'setAccounts',
    'changes what the accounts are like and what the tokens may do',
    accounts,
    (control, input) => control.setAccounts(input),
  ),
  verb(
    'createForeign',
    "makes a stranger's object, answers its id",
    z.strictObject({ kind, name: z.string(), details: foreignDetails.optional() }),
    async (control, input) => ({ id: await control.createForeign(input.kind, input.name, input.details) }),
  ),
  verb(
    'renameObject',
    "renames an object behind the API's back",
    z.strictObject({ kind, id: z.string(), name: z.string() }),
    (control, input) => control.renameObject(input.kind, input.id, input.name),
  ),
  verb(
    'removeObject',
    "removes an object behind the API's back",
    z.strictObject({ kind, id: z.string() }),
    (control, input) => control.removeObject(input.kind, input.id),
  ),
  verb(
    'receivedCallbacks',
    'what receivers got, oldest first',
    z.strictObject({ name: z.string().optional() }),
    (control, { name }) => control.receivedCallbacks(name),
  ),
  verb('setReceiver', 'how a receiver answers', receiver, (control, { name, ...behaviour }) =>
    control.setReceiver(name, behaviour),
  ),
  verb('reset', 'back to the beginning', nothing, (control) => control.reset()),
];
