import { expect, test } from 'vitest';
import { readOptions } from '../../bench/options.ts';
import { UsageError } from '../../src/commands/run-command.ts';

test('without options every system has five rounds, and one with --quick', () => {
  expect(readOptions([])).toMatchObject({ rounds: 5, isQuick: false, isJson: false, concurrency: 20 });
  expect(readOptions(['--quick']).rounds).toBe(1);
  expect(readOptions(['--quick', '--rounds', '3']).rounds).toBe(3);
});

test('--only takes some systems, in the usual order', () => {
  expect(readOptions(['--only', 'dbos, product-redis']).systems).toEqual(['product-redis', 'dbos']);
});

test.each([
  [['--fast'], "Unknown option '--fast'"],
  [['now'], "Unexpected argument 'now'"],
  [['--rounds', '0'], '--rounds must be a whole number'],
  [['--rounds', 'many'], '--rounds must be a whole number'],
  [['--concurrency', '1.5'], '--concurrency must be a whole number'],
  [['--only', 'chain,temporal'], '"temporal"'],
])('%j is refused in one sentence', (args, words) => {
  const read = () => readOptions(args);
  expect(read).toThrow(UsageError);
  expect(read).toThrow(words);
  expect(read).not.toThrow(/\n/);
});
