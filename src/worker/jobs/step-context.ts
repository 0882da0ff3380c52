/** The world as a step sees it. */
import { z } from 'zod';
import { NotYet, StepFailure } from '../../errors.ts';
import type { StepWarning } from '../../ledger/rows.ts';
import { listCreatedResources, setResourceState } from '../../ledger/resources.ts';
import { loadSecret, storeSecret } from '../../ledger/secrets.ts';
import { measureWait, readOutput, type StepKey } from '../../ledger/steps.ts';
import type { ResourceContext, StepContext } from '../../steps/step.ts';
import { createResource } from '../effects/create.ts';
import { makeChange } from '../effects/change.ts';
import { removeResources, removeTwins } from '../effects/remove.ts';
import { reportForeign } from '../effects/look.ts';
import type { EffectScope } from '../effects/scope.ts';

type Output = Record<string, unknown>;

/** Looks within SETTLE_MS, before the one that decides. */
const looksToOutlast = 3;

/** `warnings`: where those of this run are collected. A repeated run begins with none. */
export function stepContext(
  scope: EffectScope,
  key: StepKey,
  providers: object,
  warnings: StepWarning[],
): StepContext<Output, object> {
  const { pool, lease, client, step, encryptionKeys } = scope;
  const { settleMs } = scope.limits;
  const secretKey = (name: string) => ({ provisioningId: client.provisioningId, name });
  const partialOutput = step.output.partial();

  const context: ResourceContext<object> = {
    client,
    providers,
    secrets: {
      async read(name) {
        const value = await loadSecret(pool, encryptionKeys, secretKey(name));
        if (value === undefined) throw new StepFailure('internal-error', `secret "${name}" was never kept`);
        return value;
      },
      async keep(name, value) {
        await lease.write((db) => storeSecret(db, encryptionKeys, secretKey(name), value));
      },
    },
    async outputOf(earlier) {
      const output = earlier.output.safeParse(await readOutput(pool, client.provisioningId, earlier.name));
      if (output.success) return output.data;
      const fields = output.error.issues.map(({ path }) => path.join('.')).join(', ');
      throw new StepFailure('internal-error', `the output of ${earlier.name} lacks ${fields}`);
    },
    async confirmPersistent(waitingFor) {
      const wait = await measureWait(pool, key, waitingFor);
      // Time alone proves nothing: where workers were away, it may have passed between two looks.
      if (wait !== undefined && wait.waitedMs >= settleMs && wait.looks >= looksToOutlast) return;
      const lookAgainMs = Math.max(20, Math.ceil(settleMs / looksToOutlast));
      throw new NotYet(waitingFor, { lookAgainMs, endsByItself: true });
    },
  };

  return {
    ...context,
    async create(type) {
      const id = await createResource(scope, context, type);
      await removeTwins(scope, context, type, id);
      return id;
    },
    change: async (change) => partialOutput.parse(await makeChange(scope, change)),
    reportForeign: (type, objects) => reportForeign(scope, type, objects),
    remove: (type) => removeResources(scope, context, type),
    warn(code, message) {
      if (!warnings.some((known) => known.code === code && known.message === message))
        warnings.push({ code, message });
    },
    async disown(kind, reason) {
      const resources = await listCreatedResources(pool, client.provisioningId, step.name, kind);
      await lease.write(async (db) => {
        for (const resource of resources)
          if (resource.state !== 'deleted' && resource.state !== 'forgotten')
            await setResourceState(db, resource, 'unknown', reason);
      });
    },
  };
}

/** The output of a step, as its own schema wants it. */
export function parseOutput(schema: z.ZodObject, output: unknown): Output {
  const parsed = schema.safeParse(output);
  if (parsed.success) return parsed.data;
  throw new StepFailure('internal-error', `the step's output does not fit: ${z.prettifyError(parsed.error)}`);
}
