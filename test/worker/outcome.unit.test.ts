import pg from 'pg';
import { describe, expect, test } from 'vitest';
import {
  LeaseLost,
  NotYet,
  ProviderError,
  StepFailure,
  WorkerStopping,
  type ProviderErrorFacts,
} from '../../src/errors.ts';
import type { StepProgress, WaitSoFar } from '../../src/ledger/claims.ts';
import { decideOutcome, type Patience } from '../../src/worker/jobs/outcome.ts';

const patience: Patience = { maxAttempts: 3, retryBaseMs: 1000, pollBaseMs: 2000, readyTimeoutMs: 60_000 };
const first: StepProgress = { attempts: 1, interruptions: 0, wait: undefined };
const last: StepProgress = { attempts: 3, interruptions: 0, wait: undefined };
const never = () => 0;
const always = () => 0.999_999;

function answered(
  status: number | undefined,
  retryAfterMs?: number,
  more: Partial<ProviderErrorFacts> = {},
): ProviderError {
  return new ProviderError({
    provider: 'github',
    operation: 'GET /x',
    outcome: 'in-doubt',
    status,
    retryAfterMs,
    ...more,
  });
}

const away = answered(503, undefined, { isAway: true });

function afterWaiting(facts: Partial<WaitSoFar>): StepProgress {
  return {
    attempts: 1,
    interruptions: 0,
    wait: { waitingFor: 'github to answer', looks: 3, presentMs: 0, waitedMs: 0, awayMs: 0, ...facts },
  };
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
  test('that a refusal is behind leaves the provider alone for as long as it asks', () => {
    const wait = new NotYet('it', { cause: answered(503, 60_000), lookAgainMs: 10 });
    expect(decide(wait, last, 'run', never)).toMatchObject({
      waitingFor: 'it',
      delayMs: 60_000,
      isAway: false,
    });
  });

  test('that has passed its deadline says what fixes the refusal behind it, where that is known', () => {
    const providerText = JSON.stringify({
      error: { code: 'bad_request', message: 'install the GitHub integration' },
    });
    const refusal = answered(400, undefined, { provider: 'vercel', outcome: 'not-made', providerText });
    const progress = afterWaiting({ waitingFor: 'it', waitedMs: 60_000 });
    expect(decide(new NotYet('it', { cause: refusal }), progress)).toMatchObject({
      is: 'failed',
      error: {
        code: 'not-ready-in-time',
        whatToDo: expect.stringContaining('github.com/apps/vercel') as string,
      },
    });
    const unknown = decide(new NotYet('it', { cause: answered(500) }), progress);
    expect(unknown).toMatchObject({ is: 'failed', error: { code: 'not-ready-in-time' } });
    expect(unknown.is === 'failed' && 'whatToDo' in unknown.error).toBe(false);
  });

  test('uses up no attempt and looks again soon', () => {
    expect(decide(new NotYet('it'), last)).toMatchObject({
      is: 'postponed',
      waitingFor: 'it',
      delayMs: 600,
    });
  });

  test('looks again after a quarter of the time that it has waited, within bounds', () => {
    const lasted = (presentMs: number) => ({
      attempts: 1,
      interruptions: 0,
      wait: { waitingFor: 'it', looks: 1, presentMs, waitedMs: 0, awayMs: 0 },
    });
    const delays = [0, 2000, 4000, 20_000, 40_000, 1_000_000].map((presentMs) =>
      decide(new NotYet('it'), lasted(presentMs), 'run', () => 0.5),
    );
    expect(delays.map((outcome) => (outcome.is === 'postponed' ? outcome.delayMs : 0))).toEqual([
      500, 500, 1000, 5000, 10_000, 10_000,
    ]);
  });

  test('ends as not-ready-in-time at its deadline, which counts for all that is waited for in a row', () => {
    const waited = {
      attempts: 1,
      interruptions: 0,
      wait: { waitingFor: 'it', looks: 9, presentMs: 0, waitedMs: 60_000, awayMs: 0 },
    };
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
    const waited = {
      attempts: 1,
      interruptions: 0,
      wait: { waitingFor: 'it', looks: 9, presentMs: 0, waitedMs: 9e9, awayMs: 0 },
    };
    expect(decide(new NotYet('it', { endsByItself: true, lookAgainMs: 70 }), waited)).toMatchObject({
      delayMs: 70,
    });
  });
});

describe.each(['run', 'undo'] as const)('a provider that is away, in the %s', (direction) => {
  test('is waited for without using up attempts', () => {
    expect(decide(away, last, direction)).toMatchObject({
      is: 'postponed',
      waitingFor: 'github to answer',
      isAway: true,
      endsInMs: 60_000,
      error: undefined,
    });
  });

  test('is asked less and less often, up to fifteen times the first interval', () => {
    const delays = [0, 1, 2, 6, 50].map((looks) => {
      const outcome = decide(away, afterWaiting({ looks }), direction, () => 0.5);
      return outcome.is === 'postponed' ? outcome.delayMs : 0;
    });
    expect(delays).toEqual([2000, 3000, 4500, 22_782, 30_000]);
  });

  test('is given up at its deadline', () => {
    expect(decide(away, afterWaiting({ awayMs: 59_999 }), direction)).toMatchObject({ endsInMs: 1 });
    expect(decide(away, afterWaiting({ awayMs: 60_000 }), direction)).toMatchObject({
      is: 'failed',
      error: { code: 'not-ready-in-time', message: 'waited 60 s for github to answer' },
    });
  });

  test('takes nothing of the time for what comes after it, nor the other way round', () => {
    expect(decide(new NotYet('it'), afterWaiting({ awayMs: 59_000, waitedMs: 0 }), direction)).toMatchObject({
      is: 'postponed',
      endsInMs: 60_000,
    });
    expect(decide(away, afterWaiting({ waitedMs: 59_000 }), direction)).toMatchObject({ endsInMs: 60_000 });
  });

  test('that wants fewer requests is waited for in the same way, for as long as it asks', () => {
    const limited = answered(429, 3_000_000);
    expect(decide(limited, last, direction, never)).toMatchObject({
      is: 'postponed',
      waitingFor: 'github to take requests again',
      delayMs: 3_000_000,
    });
    expect(decide(limited, afterWaiting({ awayMs: 60_000 }), direction)).toMatchObject({ is: 'failed' });
  });
});

test('a connection that is silent uses up an attempt: whether the provider is there, nobody knows', () => {
  expect(decide(answered(undefined))).toMatchObject({ is: 'postponed', waitingFor: undefined });
});

describe('a refusal', () => {
  const refused = (status: number, providerText: string, more: Partial<ProviderErrorFacts> = {}) =>
    answered(status, undefined, { outcome: 'not-made', providerText, ...more });

  test('whose reason is known says it, and what to do', () => {
    const sso = refused(403, '', { headers: { 'x-github-sso': 'required; url=https://github.com/x' } });
    expect(decide(sso)).toEqual({
      is: 'failed',
      error: {
        code: 'provider-rejected',
        message:
          'github: GET /x answered 403: the organization asks for single sign-on, and the token is not authorized for it',
        whatToDo: expect.stringContaining('Configure SSO') as string,
      },
    });
  });

  test('of an undo says it too, once it has been tried as often as an error', () => {
    const forbidden = refused(403, '{"message":"Must have admin rights to Repository."}');
    expect(decide(forbidden, first, 'undo')).toMatchObject({ is: 'postponed', waitingFor: undefined });
    expect(decide(forbidden, last, 'undo')).toMatchObject({
      is: 'failed',
      error: { code: 'provider-rejected', whatToDo: expect.stringContaining('delete_repo') as string },
    });
  });

  test('that a step has judged keeps its words, and gets what to do', () => {
    const cause = refused(403, '{"message":"Must have admin rights to Repository."}');
    expect(decide(new StepFailure('verification-failed', 'ours', { cause }))).toMatchObject({
      error: { code: 'verification-failed', message: 'ours', whatToDo: expect.any(String) as string },
    });
  });
});

describe('an error of a run', () => {
  test.each([
    [500, 'provider-unavailable'],
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
    expect(decide(answered(403, 5000), last)).toMatchObject({
      is: 'postponed',
      waitingFor: 'github to take requests again',
      delayMs: expect.any(Number) as number,
    });
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
  test.each([500, 503, undefined, 200, 408, 409, 423, 425])(
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
