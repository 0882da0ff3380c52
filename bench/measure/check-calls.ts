/** Checks that the stub got the calls that the orders ask for, each once and in order. */
import { positions, thingName, type Order } from '../orders.ts';
import type { StubReport } from '../stub/report.ts';

/** One sentence for each order that was not served as it should have been. */
export function findProblems(orders: readonly Order[], report: StubReport): string[] {
  const created = namesByClient(report, 'create');
  const deleted = namesByClient(report, 'delete');
  const left = Map.groupBy(report.left, clientOf);
  const problems = orders.flatMap(({ clientId, isRolledBack }) => {
    const things = positions.map((position) => thingName(clientId, position));
    const expectations = [
      ['made', created, things],
      ['deleted', deleted, isRolledBack ? things.toReversed() : []],
    ] as const;
    const wrong = expectations.flatMap(([verb, calls, expected]) => {
      const seen = calls.get(clientId) ?? [];
      return isSame(seen, expected)
        ? []
        : [`${clientId}: ${verb} ${list(seen)} instead of ${list(expected)}`];
    });
    const remaining = left.get(clientId) ?? [];
    return isSame(remaining.toSorted(), isRolledBack ? [] : things)
      ? wrong
      : [...wrong, `${clientId}: ${list(remaining)} is left`];
  });
  const known = new Set(orders.map(({ clientId }) => clientId));
  const strangers = [...created.keys(), ...deleted.keys()].filter((clientId) => !known.has(clientId));
  return [...problems, ...strangers.map((clientId) => `${clientId}: nobody has ordered this`)];
}

function namesByClient({ calls }: StubReport, verb: 'create' | 'delete'): Map<string, string[]> {
  const names = calls.filter((call) => call.verb === verb).map(({ name }) => name);
  return Map.groupBy(names, clientOf);
}

/** `client-a-1-5` belongs to client `a-1`. */
function clientOf(name: string): string {
  return name.replace(/^client-/, '').replace(/-\d+$/, '');
}

function isSame(seen: readonly string[], expected: readonly string[]): boolean {
  return seen.length === expected.length && seen.every((name, index) => name === expected[index]);
}

function list(names: readonly string[]): string {
  return `[${names.join(', ')}]`;
}
