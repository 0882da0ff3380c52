/**
 * Configuration: every variable of the environment, checked at once.
 *
 * A process names the groups of variables it needs; a step brings its own group. `.env.example` lists them all.
 */
import { isIP } from 'node:net';
import { z } from 'zod';
import { ConfigurationError } from './errors.ts';

const milliseconds = (byDefault: number, least = 1) => z.coerce.number().int().min(least).default(byDefault);

/** Needed by every process. */
export const coreEnvironment = z.object({
  DATABASE_URL: z
    .url({ protocol: /^postgres(ql)?$/, error: 'must be a postgres:// URL' })
    .describe('Postgres with the ledger'),
  REDIS_URL: z.url({ protocol: /^rediss?$/, error: 'must be a redis:// or rediss:// URL' }).optional(),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
  STEP_MAX_ATTEMPTS: z.coerce.number().int().min(1).max(100).default(5),
  RETRY_BASE_MS: milliseconds(1000),
  POLL_BASE_MS: milliseconds(2000),
  READY_TIMEOUT_MS: milliseconds(600_000),
  PROVIDER_TIMEOUT_MS: milliseconds(30_000),
  SETTLE_MS: milliseconds(15_000, 0),
  LEASE_MS: milliseconds(30_000, 100),
  SWEEP_INTERVAL_MS: milliseconds(5000, 50),
  CALLBACK_RETRY_BASE_MS: milliseconds(5000),
  WORKER_CONCURRENCY: z.coerce.number().int().min(1).max(1000).default(20),
});

/** Needed by the API. */
export const serverEnvironment = z.object({
  PORT: z.coerce.number().int().min(0).max(65_535).default(3000),
  HOST: z.string().min(1).default('127.0.0.1'),
  PUBLIC_URL: z.url({ protocol: /^https?$/ }).optional(),
  ADMIN_API_KEY: z.string().min(32, 'must have at least 32 characters'),
  CALLBACK_ALLOWED_HOSTS: z.string().default('').transform(hostList),
});

/** Needed by whoever sends callbacks and keeps secrets. */
export const workerEnvironment = z.object({
  PUBLIC_URL: z.url({ protocol: /^https?$/ }).optional(),
  PORT: z.coerce.number().int().min(0).max(65_535).default(3000),
  ENCRYPTION_KEYS: z.string().transform(encryptionKeys),
  WEBHOOK_SIGNING_SECRET: z
    .string()
    .regex(/^whsec_[A-Za-z0-9+/]{32,}={0,2}$/, 'must be whsec_ and at least 24 bytes in base64'),
  CALLBACK_ALLOWED_HOSTS: z.string().default('').transform(hostList),
});

export type CoreConfig = z.infer<typeof coreEnvironment>;
export type ServerConfig = CoreConfig & z.infer<typeof serverEnvironment>;
export type WorkerConfig = CoreConfig & z.infer<typeof workerEnvironment>;

/** An encryption key by its id. */
export interface EncryptionKey {
  readonly id: string;
  readonly key: Buffer;
}

function encryptionKeys(text: string, context: z.RefinementCtx): readonly EncryptionKey[] {
  const keys = text.split(',').map((part) => {
    const [id = '', encoded = ''] = part.split(':');
    return { id: id.trim(), key: Buffer.from(encoded.trim(), 'base64') };
  });
  for (const { id, key } of keys)
    if (!/^[\w-]{1,40}$/.test(id) || key.length !== 32)
      context.addIssue('must be kid:base64 of 32 bytes, several separated by commas');
  if (new Set(keys.map(({ id }) => id)).size < keys.length) context.addIssue('names a key id twice');
  return keys;
}

/** One entry of CALLBACK_ALLOWED_HOSTS. Without a port it allows every port. */
export interface AllowedHost {
  readonly hostname: string;
  readonly port: string | undefined;
}

function hostList(text: string, context: z.RefinementCtx): readonly AllowedHost[] {
  const entries = text
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
  return entries.map((entry) => {
    const literal = isIP(entry) === 6 ? `[${entry}]` : entry;
    const match = /^(\[[0-9a-fA-F:.]+\]|[\w.-]+)(?::(\d+))?$/.exec(literal);
    if (match === null) context.addIssue(`"${entry}" is not host or host:port`);
    return { hostname: (match?.[1] ?? '').toLowerCase(), port: match?.[2] };
  });
}

/**
 * Reads all groups from an environment.
 *
 * Empty variables count as missing. Throws a ConfigurationError that lists every problem of every group.
 */
export function loadConfig<const Groups extends readonly z.ZodObject[]>(
  environment: Readonly<Record<string, string | undefined>>,
  groups: Groups,
): MergedConfig<Groups> {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value?.trim() !== ''));
  const values: Record<string, unknown> = {};
  const problems = new Set<string>();
  for (const group of groups) {
    const parsed = group.safeParse(given);
    if (parsed.success) Object.assign(values, parsed.data);
    else for (const issue of parsed.error.issues) problems.add(describeProblem(given, issue));
  }
  if (problems.size > 0)
    throw new ConfigurationError(
      `The environment cannot be used:\n${[...problems].map((problem) => `  - ${problem}`).join('\n')}\n` +
        'Set the variables (a .env file is read too); .env.example explains each one.',
    );
  // The groups were parsed one by one; merged, they are the intersection that the type says.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return values as MergedConfig<Groups>;
}

type MergedConfig<Groups extends readonly z.ZodObject[]> = UnionToIntersection<z.infer<Groups[number]>>;
type UnionToIntersection<U> = (U extends unknown ? (value: U) => void : never) extends (
  value: infer I,
) => void
  ? I
  : never;

function describeProblem(given: Readonly<Record<string, unknown>>, issue: z.core.$ZodIssue): string {
  const name = issue.path.map(String).join('.');
  if (given[name] === undefined) return `${name} is missing`;
  return `${name}: ${issue.message}`;
}
