/** The command line of `npm run bench:scale`. */
import { expect, test } from 'vitest';
import { readScaleOptions } from '../../bench/scale/options.ts';

test('without arguments all studies are made, in their usual sizes', () => {
  expect(readScaleOptions([])).toEqual({
    isHelpWanted: false,
    studies: ['waiting', 'workers', 'growth'],
    waiting: 10_000,
    ended: [100_000, 1_000_000],
  });
});

test('some studies can be asked for, in sizes of one’s own', () => {
  expect(readScaleOptions(['growth', 'waiting', '--waiting', '50', '--ended', '10, 20'])).toMatchObject({
    studies: ['waiting', 'growth'],
    waiting: 50,
    ended: [10, 20],
  });
});

test.each([
  [['everything'], 'There is no study "everything", only waiting, workers, growth.'],
  [['--waiting', 'many'], '--waiting must be a whole number from 1 to 99999999, not "many".'],
  [['--ended', '5,'], '--ended must be a whole number from 1 to 99999999, not "".'],
  [['--runs', '5'], "Unknown option '--runs': npm run bench:scale -- --help explains the options."],
])('%j is refused with what is wrong', (args, message) => {
  expect(() => readScaleOptions(args)).toThrow(message);
});
