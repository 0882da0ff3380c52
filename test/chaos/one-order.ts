/** One order at the defaults, and who works on it: for tests that break one thing at one moment. */
import type { CrashPoint } from '../../src/crash-points.ts';
import { until } from '../helpers/until.ts';
import type { Arena } from './arena.ts';

/** Once the server can enqueue it: else it would be the next sweep's to do. */
export async function postOrder(arena: Arena, clientId: string): Promise<Response> {
  await until(
    async () => (await fetch(`${arena.serverUrl}/readyz`)).ok || undefined,
    'the server to reach its queue',
  );
  return fetch(`${arena.serverUrl}/api/provisioning`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${arena.environment['ADMIN_API_KEY'] ?? ''}`,
      'content-type': 'application/json',
    },
    body: JSON.stringify({
      clientId,
      clientName: 'Acme Ltd',
      orgEmail: 'ops@acme.example',
      tier: 'starter',
    }),
  });
}

/** Kills the worker that next comes to that moment, and no other. Resolves when it has; to `performance.now()`. */
export function killAt(arena: Arena, point: CrashPoint): Promise<number> {
  const killed = Promise.withResolvers<number>();
  arena.onFired = () => {
    arena.arm({ worker: [], server: [] });
    killed.resolve(performance.now());
  };
  arena.arm({ worker: [{ id: point, point, nth: 1, action: 'kill', blockMs: 0 }], server: [] });
  return killed.promise;
}

/** The worker that holds the only provisioning, once the sandbox's only fault keeps its call. */
export async function untilItHangs(arena: Arena): Promise<0 | 1> {
  await until(() => arena.sandbox.control.faults()[0]?.fired === 1 || undefined, 'the call to hang');
  const { rows } = await arena.pool.query<{ holder: string }>(
    'select lease_holder as holder from ledger.provisionings',
  );
  const [first, second] = arena.slots.map(({ child }) => child.holder() === rows[0]?.holder);
  if (first !== true && second !== true) throw new Error('no worker is busy');
  return first === true ? 0 : 1;
}
