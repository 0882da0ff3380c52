import { expect, test } from 'vitest';
import { findProblems } from '../../bench/measure/check-calls.ts';
import { positions, thingName, type Order } from '../../bench/orders.ts';
import type { StubReport } from '../../bench/stub/report.ts';

const done: Order = { clientId: 'one-1', isRolledBack: false };
const undone: Order = { clientId: 'back-1', isRolledBack: true };

const names = ({ clientId }: Order) => positions.map((position) => thingName(clientId, position));
const create = (name: string) => ({ verb: 'create' as const, name });
const remove = (name: string) => ({ verb: 'delete' as const, name });

/** All as it should be, the calls of both orders mixed. */
function goodReport(): StubReport {
  const calls = names(done).flatMap((name, index) => [create(name), create(names(undone)[index] ?? '')]);
  return { calls: [...calls, ...names(undone).toReversed().map(remove)], left: names(done) };
}

test('nothing is found where each order made its five things in order, and a rollback left nothing', () => {
  expect(findProblems([done, undone], goodReport())).toEqual([]);
});

test('looks and reads are allowed', () => {
  const { calls, left } = goodReport();
  const name = thingName(done.clientId, 1);
  expect(
    findProblems([done, undone], { calls: [{ verb: 'look', name }, ...calls, { verb: 'read', name }], left }),
  ).toEqual([]);
});

const first = thingName(done.clientId, 1);
test.each<[string, (report: StubReport) => StubReport]>([
  ['made twice', ({ calls, left }) => ({ calls: [...calls, create(first)], left: [...left, first] })],
  ['not made', ({ calls, left }) => ({ calls: calls.slice(1), left: left.slice(1) })],
  ['made out of order', ({ calls, left }) => ({ calls: [...calls.slice(2), ...calls.slice(0, 2)], left })],
  ['deleted without a rollback', ({ calls, left }) => ({ calls: [...calls, remove(first)], left })],
  ['gone without a call', ({ calls, left }) => ({ calls, left: left.slice(1) })],
])('a thing that was %s is found', (_, spoil) => {
  expect(findProblems([done, undone], spoil(goodReport()))).not.toEqual([]);
});

test('a rollback that leaves something, or deletes in the order of making, is found', () => {
  const { calls, left } = goodReport();
  const kept = thingName(undone.clientId, 1);
  expect(findProblems([done, undone], { calls: calls.slice(0, -1), left: [...left, kept] })).toEqual([
    expect.stringContaining('deleted'),
    `back-1: [${kept}] is left`,
  ]);
  const forward = [...calls.filter(({ verb }) => verb === 'create'), ...names(undone).map(remove)];
  expect(findProblems([done, undone], { calls: forward, left })).toHaveLength(1);
});

test('a thing that nobody has ordered is found', () => {
  expect(findProblems([undone], goodReport())).toEqual(['one-1: nobody has ordered this']);
});
