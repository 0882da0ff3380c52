/** How a worker sends one call: intent, gate, request, and what it records of the answer. */
import type { Move } from './moves.ts';
import { creating } from './creating.ts';
import { afterTrouble, refuse } from './plans.ts';
import { checkCall } from './promises.ts';
import { request } from './request.ts';
import { stop, type Turn } from './turn.ts';
import { withStep, withThing, type Worker } from './world.ts';

export const calling = {
  intend({ rules, worker, step, write, go }: Turn): Move[] {
    const next: Partial<Worker> = { stage: 'pass-gate' };
    if (!rules.writesAhead) return [go('commits no intent', next)];
    const { deletion } = step[worker.thing];
    return [
      write(
        `commits the intent to ${worker.verb}`,
        (before) =>
          worker.verb === 'create'
            ? withStep(before, worker.step, {
                create: 'intended',
                placeholder: 'intended',
                isDoubtNoted: false,
              })
            : withThing(before, worker.step, worker.thing, {
                listed: 'deleting',
                deletion: deletion === 'confirmed' ? deletion : 'intended',
              }),
        () => next,
      ),
    ];
  },

  'pass-gate'({ world, worker, write }: Turn): Move[] {
    const isHeldBack = world.status === 'cancelled' && worker.direction === 'run';
    return [
      write(
        isHeldBack ? 'is held back by the cancel' : 'passes the gate',
        (before) => before,
        () => ({ stage: isHeldBack ? 'record-not-sent' : 'send' }),
      ),
    ];
  },

  send({ world, rules, worker, go }: Turn): Move[] {
    if (worker.lease === 'over' && rules.hasDeadline) return [go('its deadline is over', stop)];
    return [go(`sends its ${worker.verb}`, { stage: 'sent' }, { breach: checkCall(world, worker) })];
  },

  sent: request,

  'record-made'(turn: Turn): Move[] {
    const { verb, step, thing } = turn.worker;
    if (verb === 'create') return creating['take-over'](turn);
    return [
      turn.write(
        'records that the deletion was accepted',
        (before) => withThing(before, step, thing, { deletion: 'confirmed' }),
        () => ({ stage: 'read-again' }),
      ),
    ];
  },

  'record-refused': (turn: Turn): Move[] => [
    turn.write(
      'records that the call was refused',
      (before) => refuse(before, turn.worker, 0),
      () => afterTrouble(turn, 'refused-token'),
    ),
  ],

  'record-not-sent': ({ worker, write }: Turn): Move[] => [
    write(
      'records that the call was not sent',
      (before) => refuse(before, worker, 0),
      () => stop,
    ),
  ],
};
