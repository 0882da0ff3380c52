/**
 * Knows which workers are alive, and which of them sweeps.
 *
 * A worker holds an advisory lock in a database session of its own, under the number that it puts into its leases. The
 * session ends with the process, and so does the lock: a lease whose holder is gone need not be waited out. One of
 * them holds a lock more, and leads.
 */
import { randomInt } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import pg from 'pg';
import type { CallbackToSend } from './callbacks.ts';
import type { Queryable } from './pool.ts';

/** The first key of the locks, so that they are nobody else's. */
const lockClass = 0x70_72_6f_76;
const leaderLockClass = lockClass + 1;

export interface Presence {
  /** The number in the leases of this process, as text. Another one after each lost session. */
  holder(): string;
  /**
   * Asks the session itself, unless it has answered a question that left within the last `maxAgeMs`. Throws when it is
   * gone, which an idle connection may not have noticed yet.
   */
  confirm(maxAgeMs: number): Promise<void>;
  /** True where this process leads; it becomes the leader where there is none. May throw when the session is gone. */
  lead(): Promise<boolean>;
  /** Aborted when the session is lost: others may take this process for dead from then on. */
  signal(): AbortSignal;
  stop(): Promise<void>;
}

interface PresenceSession {
  readonly holder: number;
  readonly client: pg.Client;
  readonly lost: AbortController;
  /** One statement after the other. One that fails, or is not answered in time, shows that the session is lost. */
  ask<Row extends object>(
    sql: string,
    values?: readonly unknown[],
    onLeaving?: () => void,
  ): Promise<readonly Row[]>;
  /** When the newest question left that was answered, by `performance.now()`. */
  livedAt: number;
  /** The answer to a question that has not left yet. */
  nextAnswer: Promise<unknown> | undefined;
  isLeader: boolean;
}

/** Opens the session; after a loss it opens another one by itself. Throws when the first cannot be opened. */
export async function announcePresence(options: {
  readonly databaseUrl: string;
  readonly onError: (error: Error) => void;
}): Promise<Presence> {
  let isStopped = false;
  let retry: NodeJS.Timeout | undefined;
  let current = await openSession(options.databaseUrl, onLoss);

  function onLoss(error: Error): void {
    if (isStopped) return;
    options.onError(error);
    retry = setTimeout(() => void reopen(), 500);
  }
  async function reopen(): Promise<void> {
    try {
      const next = await openSession(options.databaseUrl, onLoss);
      if (isStopped) await next.client.end();
      else current = next;
    } catch (error) {
      onLoss(error instanceof Error ? error : new Error('the session of this worker cannot be opened'));
    }
  }
  return {
    holder: () => String(current.holder),
    signal: () => current.lost.signal,
    async confirm(maxAgeMs) {
      const session = current;
      if (!session.lost.signal.aborted && performance.now() - session.livedAt < maxAgeMs) return;
      // One statement answers all who have asked before it leaves.
      session.nextAnswer ??= session.ask('select 1', [], () => {
        session.nextAnswer = undefined;
      });
      await session.nextAnswer;
    },
    async lead() {
      const session = current;
      if (session.lost.signal.aborted) return false;
      // The lock would count each time that it is taken, so the one who has it asks only whether the session lives.
      const [row] = await session.ask<{ is_leader: boolean }>(
        'select case when $1 then true else pg_try_advisory_lock($2::int, 0) end as is_leader',
        [session.isLeader, leaderLockClass],
      );
      session.isLeader = row?.is_leader === true;
      return session.isLeader;
    },
    async stop() {
      isStopped = true;
      clearTimeout(retry);
      await current.client.end().catch(() => {});
    },
  };
}

async function openSession(databaseUrl: string, onLoss: (error: Error) => void): Promise<PresenceSession> {
  const client = new pg.Client({
    connectionString: databaseUrl,
    keepAlive: true,
    connectionTimeoutMillis: 5000,
    query_timeout: 10_000,
    application_name: 'client-provisioner presence',
  });
  const lost = new AbortController();
  const close = () => client.end().catch(() => {});
  const lose = (error: Error) => {
    if (lost.signal.aborted) return;
    lost.abort();
    onLoss(error);
    void close();
  };
  const holder = randomInt(1, 2 ** 31);
  client.on('error', () => {});
  await client.connect();
  // A machine that vanishes says nothing: without these its locks would outlive it by hours.
  await client.query(
    'set tcp_keepalives_idle = 5; set tcp_keepalives_interval = 3; set tcp_keepalives_count = 3',
  );
  await client.query('select pg_advisory_lock($1::int, $2::int)', [lockClass, holder]);
  client.on('error', lose);
  client.on('end', () => lose(new Error('the session of this worker has ended')));
  let last: Promise<unknown> = Promise.resolve();
  const session: PresenceSession = {
    holder,
    client,
    lost,
    async ask<Row extends object>(sql: string, values: readonly unknown[] = [], onLeaving?: () => void) {
      const asked = last.then(async () => {
        onLeaving?.();
        const leftAt = performance.now();
        const { rows } = await client.query<Row>(sql, [...values]);
        session.livedAt = leftAt;
        return rows;
      });
      last = asked.catch(lose);
      return asked;
    },
    livedAt: -Infinity,
    nextAnswer: undefined,
    isLeader: false,
  };
  return session;
}

/** As a range, so that the index of these few is used also while the table's statistics know nothing of them. */
const isUnderWay = `sweep_at between '-infinity' and 'infinity'`;

/** Holders of leases, those who have handed work on that nobody has taken yet, and takers of callbacks: the dead ones. */
export async function listDeadHolders(db: Queryable): Promise<string[]> {
  const { rows } = await db.query<{ holder: string }>(
    `select holder from (
       select lease_holder as holder from ledger.provisionings
         where lease_holder is not null and ${isUnderWay}
           and (lease_until is null or lease_until > clock_timestamp())
       union select taken_by from ledger.callbacks
         where state = 'pending' and taken_by is not null and due_at > clock_timestamp()
     ) as holders
     where holder not in (
         select objid::text from pg_locks
         where locktype = 'advisory' and classid = $1 and granted
           and database = (select oid from pg_database where datname = current_database()))`,
    [lockClass],
  );
  return rows.map(({ holder }) => holder);
}

export interface Revoked {
  readonly leases: number;
  /** Work that they had given back for a next job: it may be in good hands. */
  readonly handedOn: number;
  /** The callbacks that they were sending. */
  readonly callbacks: readonly CallbackToSend[];
}

/** Ends the leases of those holders at once, and has what they have handed on looked after at once. */
export async function revokeLeases(db: Queryable, holders: readonly string[]): Promise<Revoked> {
  const { rows } = await db.query<{ was_held: boolean }>(
    `with theirs as (
       select id, lease_until is not null as was_held from ledger.provisionings
       where lease_holder = any($1) and ${isUnderWay}
         and (lease_until is null or lease_until > clock_timestamp())
       for update)
     update ledger.provisionings p
     set lease_until = null, lease_holder = null, sweep_at = clock_timestamp()
     from theirs where p.id = theirs.id returning theirs.was_held`,
    [holders],
  );
  const { rows: taken } = await db.query<{ id: string; trace_parent: string | null }>(
    `update ledger.callbacks c set due_at = clock_timestamp(), taken_by = null from ledger.provisionings p
     where c.state = 'pending' and c.taken_by = any($1) and p.id = c.provisioning_id returning c.id, p.trace_parent`,
    [holders],
  );
  const leases = rows.filter(({ was_held: wasHeld }) => wasHeld).length;
  const callbacks = taken.map(({ id, trace_parent: trace }) => ({ id, traceParent: trace ?? undefined }));
  return { leases, handedOn: rows.length - leases, callbacks };
}
