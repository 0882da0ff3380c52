/** The program that asks for a stack, and the operator who decides when it sticks. Both ask again until answered. */
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import type { Arena } from './arena.ts';
import type { Schedule } from './schedule.ts';
import type { ApiRequest } from './world.ts';

export interface Caller {
  readonly clientIds: readonly string[];
  readonly requests: readonly ApiRequest[];
  /** Asks for every client's stack, until each is answered. */
  create(): Promise<void>;
  /** Asks for one act on the main client's provisioning. Returns the status, undefined when there is no provisioning yet. */
  ask(act: 'cancel' | 'resume' | 'rollback'): Promise<number | undefined>;
  /** What the server shows of each. */
  show(): Promise<string[]>;
}

const answerBody = z.object({ id: z.string().optional(), provisioningId: z.string().optional() });
const patienceMs = 120_000;

export function openCaller(arena: Arena, schedule: Schedule): Caller {
  const requests: ApiRequest[] = [];
  const clientIds = [schedule.clientId, schedule.otherClientId].filter((id) => id !== undefined);

  async function call(
    act: ApiRequest['act'],
    clientId: string,
    id: string | undefined,
    body: unknown,
  ): Promise<number | undefined> {
    const path = act === 'create' ? '' : `/${id ?? ''}/${act}`;
    const at = new Date().toISOString();
    try {
      const response = await fetch(`${arena.serverUrl}/api/provisioning${path}`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${arena.environment['ADMIN_API_KEY'] ?? ''}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        body: body === undefined ? null : JSON.stringify(body),
        signal: AbortSignal.timeout(4000),
      });
      const answer = answerBody.parse(await response.json());
      const provisioningId = id ?? answer.id ?? answer.provisioningId;
      requests.push({ at, act, clientId, status: response.status, provisioningId });
      return response.status;
    } catch {
      requests.push({ at, act, clientId, status: undefined, provisioningId: id });
      return undefined;
    }
  }

  /** A program that gets no answer, or a 503, asks again. */
  async function insist(attempt: () => Promise<number | undefined>): Promise<number> {
    const deadline = Date.now() + patienceMs;
    while (Date.now() < deadline) {
      const status = await attempt();
      if (status !== undefined && status < 500) return status;
      await delay(100);
    }
    throw new Error('the server did not answer in time');
  }

  const order = (clientId: string) => ({
    clientId,
    clientName: 'Chaos Ltd',
    orgEmail: 'ops@chaos.example',
    tier: 'starter',
    onFailure: schedule.course.startsWith('pause') ? 'pause' : 'rollback',
    ...(schedule.hasCallback ? { callbackUrl: `${arena.sandbox.urls.control}/receiver/${clientId}` } : {}),
  });
  const create = (clientId: string) => insist(() => call('create', clientId, undefined, order(clientId)));

  const idOf = async (clientId: string) => {
    const { rows } = await arena.pool.query<{ id: string }>(
      'select id from ledger.provisionings where client_id = $1 order by created_at desc limit 1',
      [clientId],
    );
    return rows[0]?.id;
  };

  return {
    clientIds,
    requests,
    async create() {
      const asked = schedule.isAskedTwice ? [schedule.clientId, ...clientIds] : clientIds;
      await Promise.all(asked.map(create));
    },
    async ask(act) {
      const id = await idOf(schedule.clientId).catch(() => undefined);
      if (id === undefined) return undefined;
      const body = act === 'rollback' ? { confirm: schedule.clientId } : undefined;
      return insist(() => call(act, schedule.clientId, id, body));
    },
    async show() {
      const shown = await Promise.all(
        clientIds.map(async (clientId) => {
          const response = await fetch(`${arena.serverUrl}/api/provisioning?clientId=${clientId}`, {
            headers: { authorization: `Bearer ${arena.environment['ADMIN_API_KEY'] ?? ''}` },
          });
          return response.text();
        }),
      );
      return shown;
    },
  };
}
