import { describe, expect, test } from 'vitest';
import { decideCallbackOutcome, type Attempt } from '../../src/worker/callbacks/outcome.ts';
import type { CallbackAnswer } from '../../src/callbacks/send.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

const decide = (answer: CallbackAnswer, attempt: Partial<Attempt> = {}, random = 0.5) =>
  decideCallbackOutcome({ tries: 1, age_ms: 0, durationMs: 12, ...attempt }, answer, 5000, () => random);

describe('an answer with', () => {
  test.each([200, 201, 202, 204, 299])('%i delivers', (status) => {
    expect(decide({ status })).toEqual({
      state: 'delivered',
      status,
      error: undefined,
      durationMs: 12,
      retryInMs: 0,
    });
  });

  test('410 stops', () => {
    expect(decide({ status: 410 })).toMatchObject({ state: 'stopped', status: 410 });
  });

  test.each([300, 301, 302, 303, 304, 307, 308, 400, 401, 404, 408, 409, 422, 429, 500, 502, 503])(
    '%i is tried again',
    (status) => {
      expect(decide({ status })).toMatchObject({ state: 'pending', status, retryInMs: 5000 });
    },
  );
});

test('no answer is tried again, and its reason is kept', () => {
  expect(decide({ error: 'ECONNREFUSED' })).toMatchObject({
    state: 'pending',
    status: undefined,
    error: 'ECONNREFUSED',
    retryInMs: 5000,
  });
});

describe('Retry-After', () => {
  test.each([429, 503, 500, 404])('is honoured where it is longer than the delay, on %i', (status) => {
    expect(decide({ status, retryAfterMs: 60_000 }).retryInMs).toBe(60_000);
  });

  test('does not shorten the delay', () => {
    expect(decide({ status: 503, retryAfterMs: 0 }).retryInMs).toBe(5000);
  });

  test('is not obeyed for longer than four hours', () => {
    expect(decide({ status: 503, retryAfterMs: 365 * dayMs }).retryInMs).toBe(4 * hourMs);
  });

  test('does not put the last attempt off beyond the day', () => {
    expect(decide({ status: 503, retryAfterMs: 2 * hourMs }, { age_ms: dayMs - hourMs }).retryInMs).toBe(
      hourMs,
    );
  });
});

/** Every delay of a callback that nobody takes, until it is given up. */
function delaysUntilTheEnd(random: number): number[] {
  const delays: number[] = [];
  for (let ageMs = 0; ;) {
    const outcome = decide({ status: 500 }, { tries: delays.length + 1, age_ms: ageMs }, random);
    if (outcome.state === 'failed') return delays;
    delays.push(outcome.retryInMs);
    ageMs += outcome.retryInMs;
  }
}

test.each([0, 0.5, 0.999])(
  'delays double up to some hours, and the last attempt is made when a day is over (jitter at %f)',
  (random) => {
    const delays = delaysUntilTheEnd(random);

    expect(delays.reduce((sum, delay) => sum + delay, 0)).toBe(dayMs);
    expect(delays[0]).toBe(Math.ceil(5000 * (0.8 + random * 0.4)));
    for (const [index, delay] of delays.slice(1, 11).entries())
      expect(delay / (delays[index] ?? 0)).toBeCloseTo(2, 2);
    expect(Math.max(...delays)).toBeLessThanOrEqual(4.8 * hourMs);
    expect(delays.length).toBeLessThan(25);
  },
);

test('what is delivered late is delivered', () => {
  expect(decide({ status: 204 }, { age_ms: 2 * dayMs }).state).toBe('delivered');
});
