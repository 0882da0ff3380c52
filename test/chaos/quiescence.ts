/** Waits until nothing is held, due or under way, and two whole sweeps have changed nothing. */
import { setTimeout as delay } from 'node:timers/promises';
import { limits, type Arena } from './arena.ts';

interface Look {
  /** What is not at rest; empty when everything is. */
  readonly unrest: string;
  /** Changes with every change. */
  readonly trace: string;
}

/** Returns what was not at rest when the time for it was over; empty: everything was. */
export async function waitForQuiescence(arena: Arena, timeoutMs: number): Promise<string> {
  const deadline = performance.now() + timeoutMs;
  let before: string | undefined;
  for (;;) {
    const look = await lookAtLedger(arena).catch((error: unknown) => ({ unrest: String(error), trace: '' }));
    const trace = `${look.trace} ${arena.sandbox.control.journal().length}`;
    if (look.unrest === '' && trace === before) return '';
    if (performance.now() > deadline)
      return look.unrest === '' ? 'a sweep changes something each time' : look.unrest;
    before = look.unrest === '' ? trace : undefined;
    await delay(look.unrest === '' ? limits.SWEEP_INTERVAL_MS * 2 + 100 : 100);
  }
}

/** Whether every provisioning is done, or waits for an operator. */
export async function isAtRest(arena: Arena, clientIds: readonly string[]): Promise<boolean> {
  try {
    const { rows } = await arena.pool.query<{ count: number }>(
      `select count(distinct client_id)::int as count from ledger.provisionings
       where client_id = any($1) and sweep_at is null`,
      [clientIds],
    );
    return rows[0]?.count === clientIds.length;
  } catch {
    return false;
  }
}

/** The longest that a worker asks for: a call, and the time to record what came of it. */
const longestLeaseMs = Math.max(limits.LEASE_MS, limits.PROVIDER_TIMEOUT_MS + 2000) + 100;

/** Whose lease is longer, by the database's clock, than a worker may ask for. Undefined: nobody's, as far as can be seen. */
export async function findLongLease({ pool }: Arena): Promise<string | undefined> {
  try {
    const { rows } = await pool.query<{ what: string }>(
      `select format('%s is held by %s', client_id, lease_holder) as what
       from ledger.provisionings where lease_until > clock_timestamp() + $1 * interval '1 ms' limit 1`,
      [longestLeaseMs],
    );
    return rows[0]?.what;
  } catch {
    return undefined;
  }
}

async function lookAtLedger({ pool }: Arena): Promise<Look> {
  const { rows } = await pool.query<{ unrest: string | null; trace: string }>(
    `select
       (select string_agg(format('%s is %s/%s, held by %s', client_id, status, rollback_status, lease_holder), '; ')
        from ledger.provisionings p
        where sweep_at is not null or lease_until > clock_timestamp()
           or exists (select 1 from ledger.callbacks c where c.provisioning_id = p.id and c.state = 'pending'))
       as unrest,
       (select coalesce(sum(last_event), 0) || '/' || coalesce(sum(flow), 0) || '/' || coalesce(sum(epoch), 0)
        from ledger.provisionings) || '/' || (select coalesce(sum(attempts), 0) from ledger.callbacks) as trace`,
  );
  return { unrest: rows[0]?.unrest ?? '', trace: rows[0]?.trace ?? '' };
}
