/** The variables that the demo's API and worker run with. */
import { randomBytes } from 'node:crypto';

export interface DemoSurroundings {
  readonly databaseUrl: string;
  /** Undefined: the queue lives in the database. */
  readonly redisUrl: string | undefined;
  readonly port: number;
  readonly schemaPath: string;
  /** `host:port` of whoever receives the callbacks. */
  readonly receiverHost: string;
  /** The providers' addresses and tokens. */
  readonly providers: Readonly<Record<string, string>>;
}

export const host = '127.0.0.1';

/**
 * Keys made for this run alone, and patience for providers that take seconds where real ones take minutes: a real
 * installation looks less often.
 */
export function demoEnvironment(surroundings: DemoSurroundings): Record<string, string> {
  const { databaseUrl, redisUrl, port, schemaPath, receiverHost, providers } = surroundings;
  return {
    ...providers,
    DATABASE_URL: databaseUrl,
    ...(redisUrl === undefined ? {} : { REDIS_URL: redisUrl }),
    HOST: host,
    PORT: String(port),
    PUBLIC_URL: `http://${host}:${port}`,
    ADMIN_API_KEY: `demo-${randomBytes(24).toString('hex')}`,
    ENCRYPTION_KEYS: `demo:${randomBytes(32).toString('base64')}`,
    WEBHOOK_SIGNING_SECRET: `whsec_${randomBytes(32).toString('base64')}`,
    CALLBACK_ALLOWED_HOSTS: receiverHost,
    SCHEMA_PATH: schemaPath,
    PROVIDER_TIMEOUT_MS: '10000',
    STEP_MAX_ATTEMPTS: '3',
    RETRY_BASE_MS: '300',
    POLL_BASE_MS: '150',
    READY_TIMEOUT_MS: '60000',
    SETTLE_MS: '2000',
    LEASE_MS: '10000',
    SWEEP_INTERVAL_MS: '1000',
    CALLBACK_RETRY_BASE_MS: '500',
    WORKER_CONCURRENCY: '5',
    // It looks ten times a second at what it shows.
    RATE_LIMIT_PER_MINUTE: '0',
    LOG_LEVEL: 'debug',
  };
}
