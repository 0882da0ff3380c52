/** One order at the defaults, and who works on it: for tests that break one thing at one moment. */
import { until } from '../helpers/until.ts';
import type { Arena } from './arena.ts';

export function postOrder(arena: Arena, clientId: string): Promise<Response> {
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
