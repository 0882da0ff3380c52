/** Plans a provisioning: what it would make, and what stands in its way. Writes nothing, here or at the providers. */
import type { z } from 'zod';
import { reportOf, type planAnswer } from '../../api/preflight.ts';
import { readPlace } from '../../ledger/provisionings.ts';
import { askPreflight } from '../ask-preflight.ts';
import type { Step } from '../../steps/step.ts';
import type { Deps } from '../deps.ts';

export async function planProvisioning(deps: Deps, clientId: string): Promise<z.infer<typeof planAnswer>> {
  const place = await readPlace(deps.pool, clientId);
  const { checks, resources } = await askPreflight(deps, { clientId });
  const preflight = reportOf(checks);
  return {
    dryRun: true,
    ok: place === undefined && preflight.ok,
    clientId,
    clientIsFree: place === undefined,
    takenBy: place === undefined ? null : { provisioningId: place.takenBy, code: codeOf(place) },
    steps: deps.steps.map(({ name }) => name),
    names: namesOf(deps.steps, clientId),
    resources,
    preflight,
  };
}

function namesOf(steps: readonly Step[], clientId: string): Record<string, string> {
  const types = steps.flatMap((step) => step.resources ?? []);
  return Object.fromEntries(
    types.flatMap((type) => [
      [type.kind, type.nameFor({ clientId })],
      ...Object.entries(type.otherNames?.({ clientId }) ?? {}),
    ]),
  );
}

function codeOf({ hasSucceeded }: { readonly hasSucceeded: boolean }): 'client-busy' | 'client-exists' {
  return hasSucceeded ? 'client-exists' : 'client-busy';
}
