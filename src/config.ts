/**
 * Configuration: every variable of the environment, checked at once.
 *
 * A process names the groups of variables it needs; a step brings its own group. `.env.example` lists them all.
 */
import { isIP } from 'node:net';
import { z } from 'zod';
import { headerKey, unquoted } from './http/credential.ts';
import { ConfigurationError } from './errors.ts';
import { hasUsableHost, hostTooLong, isOfHostLength } from './http/host-names.ts';

function wholeNumber(byDefault: number, least: number, most: number) {
  const error = `must be a whole number from ${least} to ${most}`;
  return z.coerce.number({ error }).int(error).min(least, error).max(most, error).default(byDefault);
}

/** A timer of more than 31 bits would end at once. */
const longestMs = 2 ** 31 - 1;
const milliseconds = (byDefault: number, least = 1) => wholeNumber(byDefault, least, longestMs);

const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
const webUrl = z
  .url({ protocol: /^https?$/, error: 'must be an http:// or https:// URL', abort: true })
  .refine(hasUsableHost, { error: hostTooLong, abort: true });
const port = wholeNumber(3000, 0, 65_535);
const host = z.string().min(1).default('127.0.0.1');
const loopbackHosts = new Set(['localhost', '127.0.0.1', '[::1]']);

/** Needed by every process. */
export const coreEnvironment = z.object({
  DATABASE_URL: z
    .url({ protocol: /^postgres(ql)?$/, error: 'must be a postgres:// URL', abort: true })
    .refine(hasUsableHost, hostTooLong)
    .describe('Postgres with the ledger'),
  REDIS_URL: z
    .url({ protocol: /^rediss?$/, error: 'must be a redis:// or rediss:// URL', abort: true })
    .refine(hasUsableHost, hostTooLong)
    .optional(),
  LOG_LEVEL: z.enum(logLevels, `must be one of ${logLevels.join(', ')}`).default('info'),
  STEP_MAX_ATTEMPTS: wholeNumber(5, 1, 100),
  RETRY_BASE_MS: milliseconds(1000),
  POLL_BASE_MS: milliseconds(2000),
  READY_TIMEOUT_MS: milliseconds(600_000),
  PROVIDER_TIMEOUT_MS: milliseconds(30_000),
  SETTLE_MS: milliseconds(15_000, 0),
  LEASE_MS: milliseconds(30_000, 100),
  SWEEP_INTERVAL_MS: milliseconds(5000, 50),
  CALLBACK_RETRY_BASE_MS: milliseconds(5000),
  WORKER_CONCURRENCY: wholeNumber(20, 1, 1000),
  /** Connections of a process to the ledger. The queue has up to 5 of its own, and a worker one by which it is known to live. */
  DATABASE_POOL_SIZE: wholeNumber(10, 2, 100),
  RETENTION_DAYS: wholeNumber(90, 0, 36_500),
  OTEL_EXPORTER_OTLP_ENDPOINT: webUrl.optional(),
  OTEL_SERVICE_NAME: z.string().default('client-provisioner'),
});

/** Needed by the API. */
export const serverEnvironment = z
  .object({
    PORT: port,
    HOST: host,
    PUBLIC_URL: webUrl.optional(),
    ADMIN_API_KEY: headerKey,
    // An attacker who could change the keys on their way could sign any token.
    AUTH_JWKS_URL: webUrl
      .refine(
        (url) => url.startsWith('https:') || loopbackHosts.has(new URL(url).hostname),
        'must be an https:// URL',
      )
      .optional(),
    AUTH_ISSUER: unquoted.optional(),
    AUTH_AUDIENCE: unquoted.optional(),
    RATE_LIMIT_PER_MINUTE: wholeNumber(600, 0, 1_000_000),
    CALLBACK_ALLOWED_HOSTS: z.string().default('').transform(hostList),
  })
  // Also when other variables have problems, so that these are listed with them.
  .superRefine(requireWholeIssuer, { when: () => true });

/** Needed by whoever sends callbacks and keeps secrets. */
export const workerEnvironment = z.object({
  PUBLIC_URL: webUrl.optional(),
  PORT: port,
  HOST: host,
  ENCRYPTION_KEYS: unquoted.transform(encryptionKeys),
  WEBHOOK_SIGNING_SECRET: unquoted.transform(signingSecrets),
  CALLBACK_ALLOWED_HOSTS: z.string().default('').transform(hostList),
});

export type CoreConfig = z.infer<typeof coreEnvironment>;
export type ServerConfig = CoreConfig & z.infer<typeof serverEnvironment>;
export type WorkerConfig = CoreConfig & z.infer<typeof workerEnvironment>;

/** Where a server listens. */
export function listenUrl(hostName: string, portNumber: number): string {
  return `http://${hostName.includes(':') ? `[${hostName}]` : hostName}:${portNumber}`;
}

/** The base of the links that are handed out, the same in answers and in callbacks. */
export function publicUrlOf(config: {
  readonly PUBLIC_URL?: string | undefined;
  readonly HOST: string;
  readonly PORT: number;
}): string {
  const isEverywhere = config.HOST === '0.0.0.0' || config.HOST === '::';
  return config.PUBLIC_URL ?? listenUrl(isEverywhere ? 'localhost' : config.HOST, config.PORT);
}

const issuerVariables = ['AUTH_JWKS_URL', 'AUTH_ISSUER', 'AUTH_AUDIENCE'] as const;

/** Without its issuer and its audience any token that the same keys have signed would be accepted. */
function requireWholeIssuer(
  given: { readonly [Name in (typeof issuerVariables)[number]]?: string | undefined },
  context: z.RefinementCtx,
): void {
  const missing = issuerVariables.filter((name) => given[name] === undefined);
  if (missing.length === issuerVariables.length) return;
  for (const name of missing)
    context.addIssue({ code: 'custom', path: [name], message: 'goes with the other AUTH_ variables' });
}

/** Strict: what Node makes of a mistyped text would be another key. */
function bytesOf(base64: string): Buffer {
  const bytes = Buffer.from(base64, 'base64');
  return bytes.toString('base64') === base64 ? bytes : Buffer.alloc(0);
}

/** While a secret is being replaced there are two or more: each signs, so that either side may change first. */
export type SigningSecrets = readonly [string, ...string[]];

function signingSecrets(text: string, context: z.RefinementCtx): SigningSecrets {
  const [first = '', ...others] = text.split(',').map((part) => part.trim());
  const secrets = [first, ...others] as const;
  for (const [index, secret] of secrets.entries())
    if (!secret.startsWith('whsec_') || bytesOf(secret.slice('whsec_'.length)).length < 24)
      context.addIssue(
        `secret ${index + 1} of ${secrets.length} must be whsec_ and at least 24 bytes in base64`,
      );
  if (new Set(secrets).size < secrets.length) context.addIssue('names a secret twice');
  return secrets;
}

/** An encryption key by its id. */
export interface EncryptionKey {
  readonly id: string;
  readonly key: Buffer;
}

function encryptionKeys(text: string, context: z.RefinementCtx): readonly EncryptionKey[] {
  const keys = text.split(',').map((part) => {
    const [id = '', ...encoded] = part.trim().split(':');
    return { id, key: bytesOf(encoded.join(':')) };
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
    // As URLs spell it: lower case, and one way to write each address.
    const hostname = URL.parse(`http://${match?.[1] ?? ''}`)?.hostname;
    if (hostname === undefined || !isOfHostLength(hostname))
      context.addIssue(`"${entry}" is not host or host:port`);
    return { hostname: hostname ?? '', port: match?.[2] };
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
  const given = withoutEmpty(environment);
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

/** An environment without its empty variables, which count as missing: `VERCEL_TEAM_ID=` names no team. */
export function withoutEmpty(
  environment: Readonly<Record<string, string | undefined>>,
): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(environment).filter(([, value]) => value?.trim() !== ''));
}

function describeProblem(given: Readonly<Record<string, unknown>>, issue: z.core.$ZodIssue): string {
  const name = issue.path.map(String).join('.');
  if (given[name] === undefined) return `${name} is missing`;
  return `${name}: ${issue.message}`;
}
