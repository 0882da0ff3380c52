import { describe, expect, test } from 'vitest';
import { retryAfterMs } from '../../src/http/request.ts';

describe('the time that a provider asks for', () => {
  const now = new Date('2026-03-03T10:00:00Z');
  const inAMinute = String(now.getTime() / 1000 + 60);

  test.each<[string, number, Record<string, string>, number | undefined]>([
    ['is Retry-After in seconds', 429, { 'retry-after': '3' }, 3000],
    ['may be a fraction', 429, { 'retry-after': '0.5' }, 500],
    ['is Retry-After as a date', 503, { 'retry-after': 'Tue, 03 Mar 2026 10:00:30 GMT' }, 30_000],
    ['is none when the date is past', 503, { 'retry-after': 'Tue, 03 Mar 2026 09:00:00 GMT' }, 0],
    ['is none when negative', 429, { 'retry-after': '-5' }, 0],
    ['is unknown when unreadable', 429, { 'retry-after': 'soon' }, undefined],
    ['is unknown when endless', 429, { 'retry-after': 'Infinity' }, undefined],
    ['is Retry-After before any other', 429, { 'retry-after': '1', 'x-ratelimit-reset': '9' }, 1000],
    ['is the reset as a date in seconds', 429, { 'x-ratelimit-reset': inAMinute }, 60_000],
    ['is the reset in seconds that remain', 429, { 'x-ratelimit-reset': '42' }, 42_000],
    [
      'is the reset on a 403 with nothing left',
      403,
      { 'x-ratelimit-reset': '5', 'x-ratelimit-remaining': '0' },
      5000,
    ],
    [
      'is not the reset on a 403 with some left',
      403,
      { 'x-ratelimit-reset': '5', 'x-ratelimit-remaining': '9' },
      undefined,
    ],
    [
      'is not the reset on another status',
      500,
      { 'x-ratelimit-reset': '5', 'x-ratelimit-remaining': '0' },
      undefined,
    ],
    ['is unknown when the reset is unreadable', 429, { 'x-ratelimit-reset': 'soon' }, undefined],
    ['is unknown without a header', 429, {}, undefined],
  ])('%s', (_what, status, headers, expected) => {
    expect(retryAfterMs(status, new Headers(headers), now)).toBe(expected);
  });
});
