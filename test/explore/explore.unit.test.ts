/** Every state that up to two faults can lead to, visited once. `npm run explore` goes on to three. */
import { describe, expect, test } from 'vitest';
import { brokenRules } from './broken.ts';
import { explore } from './explore.ts';
import { faults } from './moves.ts';
import { productRules } from './rules.ts';

test('no two faults break a promise, and whatever has happened can end', { timeout: 60_000 }, () => {
  const { worlds, moves, endings, faults: struck, breach } = explore(productRules, 2);
  const total = worlds.reduce((sum, count) => sum + count, 0);
  process.stdout.write(`${total} states (${worlds.join(' + ')} for 0 to 2 faults), ${moves} transitions\n`);

  expect(breach).toBeUndefined();
  // A fault that never strikes proves nothing, nor does an end that is never reached.
  expect(Object.keys(struck).toSorted()).toEqual(faults.toSorted());
  expect(Object.keys(endings).toSorted()).toEqual([
    'cancelled/completed',
    'cancelled/incomplete',
    'failed/completed',
    'failed/incomplete',
    'succeeded/completed',
    'succeeded/incomplete',
    'succeeded/none',
  ]);
});

describe('a bug is found', () => {
  test.each(brokenRules)('$name', { timeout: 60_000 }, ({ rules, promise }) => {
    const { breach } = explore(rules, 2);
    expect(breach?.promise).toBe(promise);
  });
});
