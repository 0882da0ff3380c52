import pg from 'pg';
import { describe, expect, test } from 'vitest';
import { LeaseLost, NotYet, ProviderError, StepFailure, WorkerStopping } from '../../src/errors.ts';
import type { StepProgress } from '../../src/ledger/steps.ts';
import { decideOutcome, type Patience } from '../../src/worker/outcome.ts';

const patience: Patience = { maxAttempts: 3, retryBaseMs: 1000, pollBaseMs: 2000, readyTimeoutMs: 60_000 };
const first: StepProgress = { attempts: 1, interruptions: 0, wait: undefined };
const last: StepProgress = { attempts: 3, interruptions: 0, wait: undefined };
const never = () => 0;
const always = () => 0.999_999;

function answered(status: number | undefined, retryAfterMs?: number): ProviderError {
  return new ProviderError({
    provider: 'github',
    operation: 'GET /x',
    outcome: 'in-doubt',
    status,
    retryAfterMs,
  });
}

function decide(error: unknown, progress = first, direction: 'run' | 'undo' = 'run', random = always) {
  return decideOutcome(error, progress, direction, patience, random);
}

test.each([
  ['a pool without a free connection', new Error('timeout exceeded when trying to connect')],
  [
    'a statement that took too long',
    Object.assign(new pg.DatabaseError('canceled', 0, 'error'), { code: '57014' }),
  ],
  ['a connection that broke', Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' })],
])('%s of the ledger says nothing about the step, and uses up no attempt', (_name, error) => {
  for (const direction of ['run', 'undo'] as const)
    expect(decide(error, last, direction)).toEqual({ is: 'interrupted' });
});

test.each(['run', 'undo'] as const)('a provider that asks for no pause at all gets one: %s', (direction) => {
  for (const random of [never, always]) {
    const outcome = decide(answered(429, 0), first, direction, random);
    expect(outcome.is === 'postponed' ? outcome.delayMs : 0).toBeGreaterThanOrEqual(1000);
  }
});

test('in an undo a provider is left alone for as long as it asks', () => {
  expect(decide(answered(429, 60_000), first, 'undo', never)).toMatchObject({ delayMs: 60_000 });
});

describe('a wait', () => {
  test('uses up no attempt and looks again after the first interval', () => {
    expect(decide(new NotYet('it'), last)).toMatchObject({
      is: 'postponed',
      waitingFor: 'it',
      delayMs: 2400,
    });
  });

  test('looks less and less often, up to five times the first interval', () => {
    const looked = (looks: number) => ({
      attempts: 1,
      interruptions: 0,
      wait: { waitingFor: 'it', waitedMs: 0, looks },
    });
    const delays = [0, 1, 2, 3, 4, 50].map((looks) =>
      decide(new NotYet('it'), looked(looks), 'run', () => 0.5),
    );
    expect(delays.map((outcome) => (outcome.is === 'postponed' ? outcome.delayMs : 0))).toEqual([
      2000, 3000, 4500, 6750, 10_000, 10_000,
    ]);
  });

  test('ends as not-ready-in-time at its deadline, which counts for all that is waited for in a row', () => {
    const waited = { attempts: 1, interruptions: 0, wait: { waitingFor: 'it', waitedMs: 60_000, looks: 9 } };
    expect(decide(new NotYet('it'), waited)).toMatchObject({
      is: 'failed',
      error: { code: 'not-ready-in-time', message: 'waited 60 s for it' },
    });
    expect(decide(new NotYet('another'), waited)).toMatchObject({
      is: 'failed',
      error: { message: 'waited 60 s for another' },
    });
  });

  test('that ends by itself has no deadline', () => {
    const waited = { attempts: 1, interruptions: 0, wait: { waitingFor: 'it', waitedMs: 9e9, looks: 9 } };
    expect(decide(new NotYet('it', { endsByItself: true, lookAgainMs: 70 }), waited)).toMatchObject({
      delayMs: 70,
    });
  });
});

describe('an error of a run', () => {
  test.each([
    [500, 'provider-unavailable'],
    [503, 'provider-unavailable'],
    [429, 'provider-unavailable'],
    [408, 'provider-unavailable'],
    [301, 'provider-unavailable'],
    [200, 'provider-unavailable'],
    [undefined, 'provider-unavailable'],
    [404, 'provider-rejected'],
  ])('of status %s is tried again until the attempts are used up, then %s', (status, code) => {
    expect(decide(answered(status))).toMatchObject({
      is: 'postponed',
      waitingFor: undefined,
      error: { code },
    });
    expect(decide(answered(status), last)).toMatchObject({ is: 'failed', error: { code } });
  });

  test.each([
    [400, 'provider-rejected'],
    [409, 'provider-rejected'],
    [422, 'provider-rejected'],
    [401, 'credentials-rejected'],
    [403, 'credentials-rejected'],
    [402, 'quota-exceeded'],
  ])('of status %s is final at once: %s', (status, code) => {
    expect(decide(answered(status))).toMatchObject({ is: 'failed', error: { code } });
  });

  test('a 403 that names a time to come again is a rate limit, not a refusal', () => {
    expect(decide(answered(403, 5000))).toMatchObject({ is: 'postponed' });
  });

  test('waits twice as long each time, with jitter', () => {
    const delayOf = (attempts: number, random: () => number) => {
      const outcome = decideOutcome(
        answered(500),
        { attempts, interruptions: 0, wait: undefined },
        'run',
        { ...patience, maxAttempts: 99 },
        random,
      );
      return outcome.is === 'postponed' ? outcome.delayMs : 0;
    };
    expect([1, 2, 3].map((attempts) => delayOf(attempts, always))).toEqual([1000, 2000, 4000]);
    expect([1, 2, 3].map((attempts) => delayOf(attempts, never))).toEqual([500, 1000, 2000]);
    expect(delayOf(40, always)).toBe(300_000);
  });

  test("a provider's own delay wins, up to an hour", () => {
    expect(decide(answered(429, 30_000), first, 'run', never)).toMatchObject({ delayMs: 30_000 });
    expect(decide(answered(429, 9e9), first, 'run', never)).toMatchObject({ delayMs: 3_600_000 });
  });

  test('of the program is tried again, and shows nothing of its text', () => {
    const outcome = decide(new TypeError('secret inside'), last);
    expect(outcome).toMatchObject({ is: 'failed', error: { code: 'internal-error' } });
    expect(JSON.stringify(outcome)).not.toContain('secret inside');
  });

  test('that a step calls final is final', () => {
    expect(decide(new StepFailure('name-taken', 'taken'))).toEqual({
      is: 'failed',
      error: { code: 'name-taken', message: 'taken' },
    });
  });
});

describe('an error of an undo', () => {
  test.each([500, 503, undefined, 200, 408, 409, 423, 425, 429])(
    'of status %s is waited out without using up attempts',
    (status) => {
      expect(decide(answered(status), last, 'undo')).toMatchObject({
        is: 'postponed',
        waitingFor: 'github to answer',
      });
    },
  );

  test.each([401, 403, 400, 404, 422])(
    'of status %s is tried as often as an error, and then left',
    (status) => {
      expect(decide(answered(status), first, 'undo')).toMatchObject({
        is: 'postponed',
        waitingFor: undefined,
      });
      expect(decide(answered(status), last, 'undo')).toMatchObject({ is: 'failed' });
    },
  );
});

test.each([new LeaseLost('p'), new WorkerStopping()])('%s decides nothing about the step', (error) => {
  expect(decide(error, last)).toEqual({ is: 'interrupted' });
});
