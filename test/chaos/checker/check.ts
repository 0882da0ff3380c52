/**
 * Judges a world: every promise that was broken in it, none if all were kept.
 *
 * Pure, and of one mind with the product in nothing but the outside contract: it shares row types with it, no logic.
 * I21 shows in all the others: whatever the queue lost or doubled, they still hold.
 */
import type { Violation, World } from '../world.ts';
import { judgeCallbacks } from './callbacks.ts';
import { judgeCalls } from './calls.ts';
import { judgeDeletes } from './deletes.ts';
import { gatherFacts } from './facts.ts';
import { judgeHistories } from './history.ts';
import { sentCalls } from './intents.ts';
import { judgeIsolation } from './isolation.ts';
import { judgeLimits } from './limits.ts';
import { judgeObjects } from './objects.ts';
import { judgeObservations } from './observed.ts';
import { judgeOrder } from './order.ts';
import { judgeOutcomes } from './outcomes.ts';
import { judgePatience } from './patience.ts';
import { judgeSchemas } from './schema.ts';
import { judgeSecrets } from './secrets.ts';
import { judgeSuccess } from './success.ts';

export function checkWorld(world: World): Violation[] {
  const facts = gatherFacts(world);
  const { cases, mutations } = facts;
  const calls = sentCalls(facts);
  // What is under way may be anywhere between its intent and its record.
  const atRest = world.isQuiescent
    ? [...judgeObjects(facts), ...judgeSuccess(facts), ...judgeSchemas(facts)]
    : [];
  return [
    ...atRest,
    ...judgeOutcomes(facts, calls),
    ...judgeDeletes(facts),
    ...judgeCallbacks(world, cases),
    ...judgeSecrets(world),
    ...judgeCalls(cases, calls),
    ...judgeOrder(cases, calls),
    ...judgeObservations(cases, mutations, world.journal),
    ...judgeHistories(cases),
    ...judgeLimits(world, cases),
    ...judgePatience(facts),
    ...judgeIsolation(facts),
  ];
}
