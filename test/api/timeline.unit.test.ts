/** Where the time went, read off a history. */
import { expect, test } from 'vitest';
import { timelineOf } from '../../src/api/timeline.ts';
import { stepRowOf } from '../helpers/rows.ts';

const steps = [
  stepRowOf({ direction: 'run', position: 1, name: 'first' }),
  stepRowOf({ direction: 'run', position: 2, name: 'second' }),
  stepRowOf({ direction: 'undo', position: 1, name: 'first' }),
  stepRowOf({ direction: 'undo', position: 2, name: 'second' }),
];
const event = (type: string, second: number, data: Record<string, unknown> = { step: 'first' }) => ({
  type,
  at: new Date(second * 1000),
  data,
});
const at = (second: number) => new Date(second * 1000);

test('an attempt, its wait and its end are three things in a row', () => {
  const rows = timelineOf(steps, [
    event('step.started', 1, { step: 'first', attempt: 1 }),
    event('step.waiting', 2, { step: 'first', waitingFor: 'the project to boot' }),
    event('step.succeeded', 9),
  ]);

  expect(rows).toEqual([
    {
      step: 'first',
      position: 1,
      direction: 'run',
      entries: [
        { kind: 'attempt', attempt: 1, begin: at(1), end: at(2), endedAs: 'waiting' },
        { kind: 'wait', for: 'the project to boot', begin: at(2), end: at(9), endedAs: 'succeeded' },
      ],
    },
  ]);
});

test('an error ends an attempt, and the pause before the next one is a wait', () => {
  const error = { code: 'provider-unavailable', message: 'it hung up' };
  const [row] = timelineOf(steps, [
    event('step.started', 1, { step: 'first', attempt: 1 }),
    event('step.waiting', 2, { step: 'first', error }),
    event('step.started', 5, { step: 'first', attempt: 2 }),
    event('step.failed', 6, { step: 'first', error }),
  ]);

  expect(row?.entries).toEqual([
    { kind: 'attempt', attempt: 1, begin: at(1), end: at(2), endedAs: 'error', error },
    { kind: 'wait', for: 'the next attempt', begin: at(2), end: at(5), endedAs: 'over' },
    { kind: 'attempt', attempt: 2, begin: at(5), end: at(6), endedAs: 'failed', error },
  ]);
});

test('what goes on has no end, and an attempt that a worker has left was interrupted', () => {
  const [row] = timelineOf(steps, [
    event('step.started', 1, { step: 'first', attempt: 1 }),
    event('step.started', 4, { step: 'first', attempt: 1 }),
  ]);

  expect(row?.entries).toEqual([
    { kind: 'attempt', attempt: 1, begin: at(1), end: at(4), endedAs: 'interrupted' },
    { kind: 'attempt', attempt: 1, begin: at(4) },
  ]);
});

test('a cancel ends what the run was doing, and the undo follows from the last step to the first', () => {
  const rows = timelineOf(steps, [
    event('step.started', 1, { step: 'first', attempt: 1 }),
    event('step.succeeded', 2),
    event('step.started', 2, { step: 'second', attempt: 1 }),
    event('provisioning.cancelled', 3, { by: 'somebody' }),
    event('undo.started', 4, { step: 'second', attempt: 1 }),
    event('undo.succeeded', 5, { step: 'second' }),
    event('undo.started', 6, { step: 'first', attempt: 1 }),
  ]);

  expect(rows.map(({ direction, step }) => `${direction} ${step}`)).toEqual([
    'run first',
    'run second',
    'undo second',
    'undo first',
  ]);
  expect(rows[1]?.entries).toMatchObject([{ end: at(3), endedAs: 'cancelled' }]);
});

test('what it does not know it leaves out', () => {
  expect(timelineOf(steps, [event('effect.intended', 1), event('step.started', 2, {})])).toEqual([]);
});
