/**
 * Plans what a provisioning of a client would make, and names what stands in its way.
 *
 * Looks with the same look-ups that the steps make before they create anything.
 */
import { randomUUID } from 'node:crypto';
import type { CheckResult, PlannedResource } from '../api/preflight.ts';
import { StepFailure } from '../errors.ts';
import type { ClientOrder } from '../provisioning.ts';
import { fails, holds, type Finding } from '../steps/check.ts';
import { connectStep } from '../steps/connect.ts';
import { nobodysIntent, type ResourceContext, type ResourceType, type Step } from '../steps/step.ts';
import { ask } from './ask.ts';
import type { Source } from './explain-failure.ts';
import { resultOf } from './run-checks.ts';
import { lookWith, type LookSettings } from './settings.ts';

export interface ResourcePlan {
  readonly resource: PlannedResource;
  /** The check that the name is free. */
  readonly check: CheckResult;
}

/** One entry per kind of resource, in the order in which they are made. */
export async function planResources(options: LookSettings, clientId: string): Promise<ResourcePlan[]> {
  const client = clientOf(clientId);
  return Promise.all(
    options.steps.flatMap((step) =>
      (step.resources ?? []).map((type) => planResource(options, step, type, client)),
    ),
  );
}

/** All that is known of a client before anything was accepted. Names depend on nothing else. */
function clientOf(clientId: string): ClientOrder {
  return { provisioningId: randomUUID(), clientId, clientName: clientId, orgEmail: '', tier: 'starter' };
}

async function planResource(
  options: LookSettings,
  step: Step,
  type: ResourceType<object, unknown>,
  client: ClientOrder,
): Promise<ResourcePlan> {
  const [provider = type.kind] = type.kind.split('.');
  const source: Source = step.checks?.find((check) => check.provider === provider) ?? { provider };
  const connection = connectStep(step, options.environment);
  let existing: PlannedResource['existing'] = null;
  const look = async (providers: object): Promise<Finding> => {
    const context = contextOf(client, providers);
    const { objects } = await type.find(context, nobodysIntent);
    existing = objects.map(({ externalId, name, url = null }) => ({ externalId, name, url }));
    return judge(type, client, existing);
  };
  const finding = await ask(source, options, (limits) => lookWith(connection, limits, look));
  return {
    resource: { step: step.name, kind: type.kind, name: type.nameFor(client), existing },
    check: resultOf({ provider, name: 'name-free' }, finding),
  };
}

function judge(
  type: ResourceType<object, unknown>,
  client: ClientOrder,
  existing: readonly { readonly externalId: string; readonly name: string }[],
): Finding {
  if (existing.length === 0) return holds(`no ${type.kind} is named "${type.nameFor(client)}"`);
  const found = existing.map(({ externalId, name }) => `"${name}" (${externalId})`).join(', ');
  return fails(
    `there is already the ${type.kind} ${found}`,
    'Rename it or delete it, or choose another client id.',
  );
}

/** A look for a name needs no secret and no earlier step. */
function contextOf(client: ClientOrder, providers: object): ResourceContext<object> {
  const refuse = async () => {
    throw new StepFailure('internal-error', 'a dry run has no secrets and no outputs, and waits for nothing');
  };
  return {
    client,
    providers,
    secrets: { read: refuse, keep: refuse },
    outputOf: refuse,
    confirmPersistent: refuse,
  };
}
