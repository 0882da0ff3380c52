import { expect, test } from 'vitest';
import {
  pauseBeforeNextMs,
  retryAfterMsOf,
  type Outcome,
  type Patience,
} from '../../src/cli/api/patience.ts';

const patience: Patience = { tries: 1, elapsedMs: 0, timeoutMs: 30_000, isRepeatable: true, chance: 1 };
const answered = (status: number, code?: string, retryAfterMs?: number): Outcome => ({
  is: 'answered',
  status,
  code,
  retryAfterMs,
});
const lost = (wasSent: boolean, isHopeless = false): Outcome => ({
  is: 'lost',
  wasSent,
  isHopeless,
  reason: 'r',
});

test('an outage is retried, with growing pauses, until its time is over', () => {
  expect(pauseBeforeNextMs(answered(503), patience)).toBe(250);
  expect(pauseBeforeNextMs(answered(503), { ...patience, tries: 3 })).toBe(1000);
  expect(pauseBeforeNextMs(answered(503), { ...patience, tries: 20 })).toBe(5000);
  expect(pauseBeforeNextMs(answered(503), { ...patience, elapsedMs: 29_900 })).toBeUndefined();
  expect(pauseBeforeNextMs(lost(true), patience)).toBe(250);
});

test('a limit on requests is waited for as long as it asks, also past the time of an outage', () => {
  const asked = answered(429, 'rate-limited', 42_000);
  expect(pauseBeforeNextMs(asked, patience)).toBe(42_000);
  expect(pauseBeforeNextMs(answered(429, undefined, 3_600_000), patience)).toBeUndefined();
});

test('what was lost after it left is not repeated where twice is too often', () => {
  const once = { ...patience, isRepeatable: false };
  expect(pauseBeforeNextMs(lost(true), once)).toBeUndefined();
  expect(pauseBeforeNextMs(answered(503), once)).toBeUndefined();
  expect(pauseBeforeNextMs(lost(false), once)).toBe(250);
});

test('a refusal, and what no waiting mends, are not retried', () => {
  for (const status of [400, 401, 403, 404, 409, 500])
    expect(pauseBeforeNextMs(answered(status), patience)).toBeUndefined();
  expect(pauseBeforeNextMs(lost(false, true), patience)).toBeUndefined();
  expect(pauseBeforeNextMs(answered(503, 'worker-unavailable'), patience)).toBeUndefined();
});

test('an order whose first request is still under way is asked for again', () => {
  expect(pauseBeforeNextMs(answered(409, 'idempotency-in-flight', 1000), patience)).toBe(1000);
});

test.each([
  ['7', 7000],
  [null, undefined],
  ['Thu, 01 Jan 1970 00:00:10 GMT', 4000],
  ['soon', undefined],
])('Retry-After: %s', (header, expected) => {
  expect(retryAfterMsOf(header, 6000)).toBe(expected);
});
