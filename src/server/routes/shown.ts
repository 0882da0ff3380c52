/** A provisioning as several routes answer it, and the answer to an id that names none. */
import { presentProvisioning } from '../../api/present.ts';
import { readFullSnapshots } from '../../ledger/provisionings.ts';
import { may } from '../../ledger/roles.ts';
import type { Caller } from '../auth/caller.ts';
import type { Deps } from '../deps.ts';
import { Problem } from '../problem.ts';

export function notThere(): Problem {
  return new Problem(404, 'not-found', 'There is no provisioning of this id.');
}

/** The provisioning as it is now. Throws the 404 where there is none. */
export async function readShown(deps: Deps, id: string, caller?: Caller) {
  const [snapshot] = await readFullSnapshots(deps.pool, [id]);
  if (snapshot === undefined) throw notThere();
  return presentProvisioning(snapshot, deps.steps, deps.publicUrl(), {
    showsProviderText: may(caller?.role, 'operate'),
  });
}
