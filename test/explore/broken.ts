/** Deliberate bugs. Each must be found: a bug that slips through is a defect of the exploration. */
import { productRules, type Rules } from './rules.ts';

export interface BrokenRules {
  readonly name: string;
  readonly rules: Rules;
  /** The promise that falls first. */
  readonly promise: string;
}

const broken = (name: string, promise: string, bug: Partial<Rules>): BrokenRules => ({
  name,
  promise,
  rules: { ...productRules, ...bug },
});

const { planUndo, decideDelete, followCreate, followDelete, nextAction, resolveDoubt } = productRules;

export const brokenRules: readonly BrokenRules[] = [
  broken('what has the name after a call in doubt is ours', "a stranger's object is listed as ours", {
    isOurs: () => true,
  }),
  broken('what is newer than our look is ours, without a proof', "a stranger's object is listed as ours", {
    isOurs: (step, name, hasMark) =>
      name === 'stranger' ? !hasMark && step.isStrangerNewer : productRules.isOurs(step, name, hasMark),
  }),
  broken('a create in doubt is sent again without a look', 'step 1: rolled back, and an object is left', {
    planCreate: ({ create }) => (create === 'confirmed' ? 'return' : 'look'),
    decideCreate: () => 'call',
  }),
  broken('an absence counts before it has settled', 'step 2 has made two objects', {
    resolveDoubt: (seen, _isSettled, sees) => resolveDoubt(seen, true, sees),
  }),
  broken('the time of a doubt is measured after the look', 'step 1: rolled back, and an object is left', {
    measuresFirst: false,
  }),
  broken('an unclear answer is a refusal', 'step 1: rolled back, and an object is left', {
    followCreate: (called, doubts) =>
      called === 'in-doubt' ? 'report-foreign' : followCreate(called, doubts),
  }),
  broken('a doubt is waited out for ever', 'it never ends', {
    resolveDoubt: (seen) => (seen === 'ours' ? 'take-over' : 'wait'),
  }),
  broken('an undo takes a create in doubt for not made', 'step 1 is undone before step 2', {
    planUndo: (step) => (step.create === 'intended' ? 'nothing-made' : planUndo(step)),
    decideDelete: (resource, seen) =>
      resource.external_id === undefined ? 'mark-deleted' : decideDelete(resource, seen),
  }),
  broken('a 404 is gone, whatever the token may read', 'step 1: rolled back, and an object is left', {
    checksToken: false,
  }),
  broken('hidden is gone', 'step 1: rolled back, and an object is left', {
    decideDelete: (resource, seen) => decideDelete(resource, { ...seen, sees: 'all' }),
    followDelete: (called, seen) => followDelete(called, { ...seen, sees: 'all' }),
  }),
  broken('hidden is not made', 'step 2 has made two objects', {
    resolveDoubt: (seen, isSettled) => resolveDoubt(seen, isSettled, 'all'),
  }),
  broken('a 404 soon after the create is gone', 'step 1: rolled back, and an object is left', {
    decideDelete: (resource, seen) => decideDelete(resource, { ...seen, isFresh: false }),
  }),
  broken('a deletion without an answer is done', 'step 1: rolled back, and an object is left', {
    followDelete: (called, seen) => (called === 'in-doubt' ? 'mark-deleted' : followDelete(called, seen)),
  }),
  broken('undos run forward', 'step 1 is undone before step 2', {
    nextAction: (world) => {
      const action = nextAction(world);
      return action.do === 'work' && action.direction === 'undo'
        ? { ...action, remaining: action.remaining.toReversed() }
        : action;
    },
  }),
  broken('a failed undo holds up the others', 'it never ends', {
    nextAction: (world) => {
      const [first, second] = world.steps;
      return nextAction(
        second.undo === 'failed' ? { ...world, steps: [first, { ...second, undo: 'running' }] } : world,
      );
    },
  }),
  broken('a write needs no lease', 'a worker without the lease changes the ledger', { isFenced: false }),
  broken('a call needs no deadline', 'a call begins without the lease', { hasDeadline: false }),
  broken('the sweeper takes what a worker holds', 'a call begins without the lease', {
    respectsLeases: false,
  }),
  broken('a call needs no intent', 'a create is sent without a committed intent', { writesAhead: false }),
  broken('a success overwrites a cancel', 'the status goes from cancelled/pending to succeeded/pending', {
    guardsSuccess: false,
  }),
  broken('requests are acted on after SETTLE_MS', 'step 2 has made two objects', {
    requestsEndInTime: false,
  }),
];
