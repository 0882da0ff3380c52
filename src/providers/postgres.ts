/**
 * A Supabase project's database, through its session pooler.
 *
 * Session mode, not transaction mode: DDL in one transaction needs one session. The direct host speaks IPv6 only.
 * https://supabase.com/docs/guides/database/connecting-to-postgres
 */
import pg from 'pg';
import { NotYet, ProviderError, StepFailure } from '../errors.ts';
import { isPassingSqlError } from './postgres-errors.ts';

export interface DatabaseAddress {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly database: string;
  readonly password: string;
}

export interface DatabaseTls {
  readonly mode: 'disable' | 'require' | 'verify';
  /** Whom `verify` trusts, as certificates in PEM; without any, those whom Node trusts. */
  readonly ca: string | undefined;
}

export interface DatabaseLimits {
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

const connectOperation = 'connect to the project database';

/**
 * The database refused the password, which proves nothing: the pooler's memory of a young project may be stale. Where
 * it goes on, the project is not ours, since nobody else chose one that we do not know.
 */
export class PasswordRefused extends ProviderError {
  constructor(cause: unknown) {
    super({
      provider: 'supabase',
      operation: connectOperation,
      outcome: 'not-made',
      reason: 'was refused with the password of the database',
      cause,
    });
  }
}

/** The project takes no connection from this address, and will not until somebody allows it. */
export class AddressRefused extends StepFailure {
  constructor(cause: unknown) {
    super(
      'provider-rejected',
      "the project's network restrictions keep this worker from its database: allow the worker's address in them " +
        '(at Supabase, in the settings of the project or of the organization), or set SCHEMA_TRANSPORT=http',
      { cause },
    );
  }
}

/**
 * Connects, does one thing, hangs up.
 *
 * SQL errors come through as they are (`pg.DatabaseError`). Throws PasswordRefused, AddressRefused, NotYet while the
 * pooler takes no connection for a reason that passes, and a ProviderError for everything else that keeps it from
 * connecting.
 */
export async function withDatabase<T>(
  address: DatabaseAddress,
  tls: DatabaseTls,
  limits: DatabaseLimits,
  use: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const client = new pg.Client({
    ...address,
    ssl: tlsOptions(tls),
    connectionTimeoutMillis: limits.timeoutMs,
    statement_timeout: limits.timeoutMs,
    query_timeout: limits.timeoutMs,
    application_name: 'client-provisioner',
  });
  client.on('error', () => {});
  const hangUp = () => {
    void client.end().catch(() => {});
  };
  limits.signal.throwIfAborted();
  limits.signal.addEventListener('abort', hangUp);
  try {
    await connect(client, tls);
    return await use(client);
  } catch (error) {
    throw isAboutTheConnection(error)
      ? new ProviderError({
          provider: 'supabase',
          operation: 'query the project database',
          outcome: 'in-doubt',
          reason: 'got no answer',
          cause: error,
        })
      : error;
  } finally {
    limits.signal.removeEventListener('abort', hangUp);
    await client.end().catch(() => {});
  }
}

async function connect(client: pg.Client, tls: DatabaseTls): Promise<void> {
  try {
    await client.connect();
  } catch (error) {
    const refusal = error instanceof pg.DatabaseError ? error : undefined;
    if (refusal?.code === '28P01') throw new PasswordRefused(error);
    if (refusal?.message.startsWith('(EADDRNOTALLOWED)') === true) throw new AddressRefused(error);
    if (passingRefusals.has(refusal?.code ?? ''))
      throw new NotYet('the database to take connections', { cause: error });
    const isDistrusted = tls.mode === 'verify' && isAboutTheCertificate(error);
    throw new ProviderError({
      provider: 'supabase',
      operation: connectOperation,
      outcome: 'not-made',
      // Nobody has answered: what PostgreSQL or the pooler says itself is an error like others.
      isAway: refusal === undefined && !isDistrusted,
      reason: isDistrusted ? distrust : 'failed',
      cause: error,
    });
  }
}

/**
 * XX000 is the pooler's own: `(ENOTFOUND)` and `(EAUTHQUERY)` for a project that it has not heard of yet,
 * `(EMAXCONNSESSION)` while it is full, and whatever else its text begins with. 53300: the server is full. 57P03: it is
 * starting up.
 */
const passingRefusals = new Set(['XX000', '53300', '57P03']);

const distrust = 'met a certificate that SUPABASE_DB_CA does not vouch for';

/** https://nodejs.org/api/tls.html#x509-certificate-error-codes */
function isAboutTheCertificate(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return /CERT|CRL|SIGNATURE|ISSUER|HOSTNAME_MISMATCH/.test(code);
}

function isAboutTheConnection(error: unknown): boolean {
  if (error instanceof pg.DatabaseError) return isPassingSqlError(error.code);
  return error instanceof Error && error.constructor === Error;
}

function tlsOptions(tls: DatabaseTls): pg.ClientConfig['ssl'] {
  if (tls.mode === 'disable') return false;
  if (tls.mode === 'require') return { rejectUnauthorized: false };
  return tls.ca === undefined ? true : { ca: tls.ca };
}
