/** The state of all clients, for people who look after all of them. */
import { z } from 'zod';
import { clientStates, type ClientState } from '../provisioning.ts';
import type { Queryable } from './pool.ts';
import { stateInSql } from './provisionings.ts';

/** Counts the clients by the state of their newest provisioning. */
export async function countClients(db: Queryable): Promise<Record<ClientState, number>> {
  const { rows } = await db.query<{ state: ClientState; count: number }>(
    `select ${stateInSql} as state, count(*)::int as count from (
       select distinct on (client_id) status, rollback_status from ledger.provisionings
       order by client_id, created_at desc, id desc) newest
     group by 1`,
  );
  const counted = Object.fromEntries(rows.map(({ state, count }) => [state, count]));
  const none = Object.fromEntries(clientStates.map((state) => [state, 0]));
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- made of every state
  return { ...none, ...counted } as Record<ClientState, number>;
}

const givenUp = z.object({
  provisioning_id: z.string(),
  client_id: z.string(),
  client_name: z.string(),
  count: z.number(),
  since: z.date(),
  last_status: z.number().nullable(),
  last_error: z.string().nullable(),
});
export type CallbacksGivenUp = z.infer<typeof givenUp>;

/** The provisionings with callbacks that were given up, the one that has waited longest for somebody first. */
export async function listCallbacksGivenUp(db: Queryable, limit: number): Promise<CallbacksGivenUp[]> {
  const { rows } = await db.query(
    `select c.provisioning_id, p.client_id, p.client_name, count(*)::int as count, min(c.due_at) as since,
       (array_agg(c.last_status order by c.sequence))[1] as last_status,
       (array_agg(c.last_error order by c.sequence))[1] as last_error
     from ledger.callbacks c join ledger.provisionings p on p.id = c.provisioning_id
     where c.state = 'failed' group by 1, 2, 3 order by since limit $1`,
    [limit],
  );
  return z.array(givenUp).parse(rows);
}

/** The provisionings that have ended last and need nobody, the newest end first. */
export async function listEndedLast(db: Queryable, limit: number): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>(
    `select id from ledger.provisionings
     where finished_at is not null and ${stateInSql} in ('live', 'failed', 'offboarded')
     order by finished_at desc limit $1`,
    [limit],
  );
  return rows.map(({ id }) => id);
}
