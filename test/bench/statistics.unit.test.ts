import { expect, test } from 'vitest';
import { median, percentile, ratiosByRound, rotate, spreadOf } from '../../bench/measure/statistics.ts';

test.each([
  [[3], 3],
  [[9, 1, 5], 5],
  [[4, 1, 3, 2], 2.5],
])('the median of %j is %d', (values, expected) => {
  expect(median(values)).toBe(expected);
});

test.each([
  [0.5, 50],
  [0.99, 99],
  [1, 100],
])('of 100 values, percentile %d is the smallest that so many do not exceed', (share, expected) => {
  const values = Array.from({ length: 100 }, (_, index) => 100 - index);
  expect(percentile(values, share)).toBe(expected);
});

test('a spread has the median, the least and the most, and there is none of nothing', () => {
  expect(spreadOf([2, 10, 4])).toEqual({ median: 4, min: 2, max: 10 });
  expect(spreadOf([])).toBeUndefined();
});

test('a ratio is of one round alone, and a round that lacks a value has none', () => {
  expect(ratiosByRound([10, 20, undefined, 40, 5], [5, undefined, 3, 10, 0])).toEqual([2, 4]);
});

test('each round begins with another system, and has all of them', () => {
  expect([0, 1, 2, 3].map((round) => rotate(['a', 'b', 'c'], round).join(''))).toEqual([
    'abc',
    'bca',
    'cab',
    'abc',
  ]);
});
