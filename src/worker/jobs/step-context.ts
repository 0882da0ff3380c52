/** The world as a step sees it. */
import { z } from 'zod';
import { NotYet, StepFailure } from '../../errors.ts';
import { setResourceState } from '../../ledger/resources.ts';
import type { Snapshot, StepWarning } from '../../ledger/rows.ts';
import { loadSecret, storeSecret } from '../../ledger/secrets.ts';
import { measureWait, type StepKey } from '../../ledger/steps.ts';
import { isGone } from '../../provisioning.ts';
import type { ResourceContext, StepContext } from '../../steps/step.ts';
import { createResource } from '../effects/create.ts';
import { makeChange } from '../effects/change.ts';
import { removeResources, removeTwins } from '../effects/remove.ts';
import { reportForeign } from '../effects/foreign.ts';
import type { EffectScope } from '../effects/scope.ts';

type Output = Record<string, unknown>;

/** Looks within SETTLE_MS, before the one that decides. */
const looksToOutlast = 3;

export interface StepUnderWay {
  readonly key: StepKey;
  /** As it was claimed. */
  readonly snapshot: Snapshot;
}

/** `warnings`: where those of this run are collected. A repeated run begins with none. */
export function stepContext(
  scope: EffectScope,
  { key, snapshot }: StepUnderWay,
  providers: object,
  warnings: StepWarning[],
): StepContext<Output, object> {
  const { pool, ledger, client, step, encryptionKeys } = scope;
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
        await ledger.write([storeSecret(encryptionKeys, secretKey(name), value)]);
      },
    },
    async outputOf(earlier) {
      const row = snapshot.steps.find(({ direction, name }) => direction === 'run' && name === earlier.name);
      const output = earlier.output.safeParse(row?.output);
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
      const left = (await ledger.listCreated(kind)).filter((resource) => !isGone(resource));
      await ledger.write(left.flatMap((resource) => setResourceState(resource, 'unknown', reason)));
    },
  };
}

/** The output of a step, as its own schema wants it. */
export function parseOutput(schema: z.ZodObject, output: unknown): Output {
  const parsed = schema.safeParse(output);
  if (parsed.success) return parsed.data;
  throw new StepFailure('internal-error', `the step's output does not fit: ${z.prettifyError(parsed.error)}`);
}
