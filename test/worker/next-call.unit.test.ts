import { describe, expect, test } from 'vitest';
import type { ResourceState } from '../../src/provisioning.ts';
import type { Existence } from '../../src/steps/step.ts';
import {
  decideChange,
  decideCreate,
  decideDelete,
  followCreate,
  followDelete,
  isOfACall,
  mayHaveTwins,
  originalsAmong,
  planChange,
  planCreate,
  planUndo,
  resolveDoubt,
} from '../../src/worker/effects/decide.ts';

const maxCalls = 3;
const intended = { state: 'intended', doubts: 0 } as const;
const refused = { state: 'refused', doubts: 0 } as const;
const doubted = { state: 'refused', doubts: 1 } as const;
const confirmed = { state: 'confirmed', doubts: 0 } as const;

describe('a create', () => {
  test.each([
    ['that was never sent begins with a look', undefined, 'look'],
    ['that is recorded is not sent again', confirmed, 'return'],
    ['in doubt is resolved first', intended, 'resolve'],
    ['that was refused may be sent again, after a look', refused, 'look'],
    ['that came to nothing may be sent again, after a look', doubted, 'look'],
    ['that came to nothing too often is given up', { state: 'refused', doubts: maxCalls }, 'give-up'],
    [
      'whose doubts an operator has forgiven may be sent again, after a look',
      { state: 'refused', doubts: maxCalls, forgiven_doubts: 1 },
      'look',
    ],
  ] as const)('%s', (_promise, effect, expected) => {
    expect(planCreate(effect, maxCalls).do).toBe(expected);
  });

  test.each([
    ['is sent where nothing has the name', undefined, 'nothing', 'call'],
    ['is not sent where a stranger has the name', undefined, 'foreign', 'report-foreign'],
    ['takes nothing for its own before its first call', undefined, 'ours', 'report-foreign'],
    ['takes over what an earlier call has made after all', doubted, 'ours', 'take-over'],
    ['is not sent again where a stranger has the name by now', doubted, 'foreign', 'report-foreign'],
  ] as const)('%s', (_promise, effect, seen, expected) => {
    expect(decideCreate(effect, seen).do).toBe(expected);
  });

  test.each([
    ['with an answer is recorded', 'made', 0, 'record'],
    ['without a clear answer is looked into', 'in-doubt', 0, 'resolve'],
    ["whose name is taken meets a stranger's object", 'name-taken', 0, 'report-foreign'],
    ['whose name is taken may meet what an earlier call in doubt has made', 'name-taken', 1, 'resolve'],
  ] as const)('%s', (_promise, called, doubts, expected) => {
    expect(followCreate(called, doubts)).toBe(expected);
  });

  test.each([
    ['is taken over once it is seen', 'ours', false, undefined, 'take-over'],
    ['is taken over even late', 'ours', true, undefined, 'take-over'],
    ['is taken over by a token that does not see everything', 'ours', true, 'some', 'take-over'],
    ['is waited for while its absence proves nothing', 'nothing', false, undefined, 'wait'],
    ["is waited for beside a stranger's object", 'foreign', false, 'all', 'wait'],
    [
      'that is absent when it has settled asks what the token sees',
      'nothing',
      true,
      undefined,
      'prove-sight',
    ],
    ['was not made if it is absent to who sees everything', 'nothing', true, 'all', 'not-made'],
    ['is not proven by an absence to who does not', 'nothing', true, 'some', 'not-proven'],
    ['is not proven by an absence to who may not', 'nothing', true, 'unknown', 'not-proven'],
    ["is not proven by a stranger's object either", 'foreign', true, 'unknown', 'not-proven'],
    ['fails if a stranger has the name when it has settled', 'foreign', true, 'all', 'report-foreign'],
  ] as const)('in doubt %s', (_promise, seen, isSettled, sees, expected) => {
    expect(resolveDoubt(seen, isSettled, sees)).toBe(expected);
  });

  test.each([
    [confirmed, false],
    [doubted, true],
    [{ state: 'confirmed', doubts: 1 }, true],
  ] as const)('%j may have a twin: %s', (effect, expected) => {
    expect(mayHaveTwins(effect)).toBe(expected);
  });
});

describe('an undo', () => {
  test.each([
    ['has nothing to do where nothing was sent', undefined, 'nothing-made'],
    ['resolves a create in doubt before it deletes', intended, 'resolve'],
    ['looks for what came through late', doubted, 'look-for-late'],
    ['looks for what else was made', { state: 'confirmed', doubts: 1 }, 'look-for-late'],
    ['looks for nothing where every call was answered', confirmed, 'all-known'],
  ] as const)('%s', (_promise, effect, expected) => {
    expect(planUndo(effect).ask).toBe(expected);
  });

  const seen = (presence: Existence, more: Partial<Parameters<typeof decideDelete>[1]> = {}) => ({
    presence,
    isFresh: false,
    sees: undefined,
    isUnderWay: false,
    isAccepted: false,
    ...more,
  });
  const accepted = { isAccepted: true };
  const fresh = { isFresh: true };
  test.each([
    ['deletes what is there', 'live', '7', seen('present'), 'call'],
    ['deletes what it could not delete before', 'delete-failed', '7', seen('present'), 'call'],
    ['deletes again what is still there long after', 'deleting', '7', seen('present', accepted), 'call'],
    ['gives an accepted deletion time', 'deleting', '7', seen('present', { isUnderWay: true }), 'wait'],
    ['waits while it goes', 'live', '7', seen('going'), 'wait'],
    ['knows what it has deleted itself', 'deleting', '7', seen('absent', accepted), 'mark-deleted'],
    ['knows what the provider calls gone', 'live', '7', seen('gone'), 'mark-deleted'],
    ['asks what the token sees where something is absent', 'live', '7', seen('absent'), 'prove-sight'],
    ['knows what is absent to who sees all', 'live', '7', seen('absent', { sees: 'all' }), 'mark-deleted'],
    ['knows nothing of what may be hidden', 'live', '7', seen('absent', { sees: 'unknown' }), 'not-proven'],
    ['knows nothing of what is hidden', 'deleting', '7', seen('absent', { sees: 'some' }), 'not-proven'],
    ['trusts no absence soon after the create', 'live', '7', seen('absent', fresh), 'wait'],
    ['trusts none then whoever sees it', 'live', '7', seen('absent', { ...fresh, sees: 'all' }), 'wait'],
    ['leaves what is not proven to be ours', 'unknown', '7', seen('present'), 'leave'],
    ['leaves what has no id', 'intended', undefined, seen('present'), 'leave'],
    ['knows what an operator has removed', 'unknown', '7', seen('absent', { sees: 'all' }), 'mark-deleted'],
  ] as const satisfies [string, ResourceState, string | undefined, object, string][])(
    '%s',
    (_promise, state, externalId, facts, expected) => {
      expect(decideDelete({ state, external_id: externalId }, facts)).toBe(expected);
    },
  );

  test.each([
    ['an accepted deletion is done when it is seen', 'made', 'absent', true, undefined, 'mark-deleted'],
    ['an accepted deletion needs no other proof', 'made', 'absent', false, 'some', 'mark-deleted'],
    ['an accepted deletion that is not seen yet is waited for', 'made', 'present', false, undefined, 'wait'],
    ['a deletion without an answer asks what is seen', 'in-doubt', 'absent', false, undefined, 'prove-sight'],
    [
      'a deletion without an answer is done to who sees all',
      'in-doubt',
      'absent',
      false,
      'all',
      'mark-deleted',
    ],
    [
      'a deletion without an answer proves nothing else',
      'in-doubt',
      'absent',
      false,
      'unknown',
      'not-proven',
    ],
    [
      'a deletion without an answer is not seen in a recent object',
      'in-doubt',
      'absent',
      true,
      'all',
      'retry',
    ],
    ['a deletion without an answer is sent again', 'in-doubt', 'present', false, undefined, 'retry'],
  ] as const)('%s', (_promise, called, presence, isFresh, sees, expected) => {
    expect(followDelete(called, { presence, isFresh, sees })).toBe(expected);
  });
});

describe('a change', () => {
  test('that is recorded is not looked at again', () => {
    expect(planChange(confirmed, {})).toBe('return');
  });

  test('that is recorded and may wear off is looked at again', () => {
    expect(planChange(confirmed, { isRenewable: true })).toBe('look');
  });

  const once = { maxCalls, isUnsafeToRepeat: true };
  test.each([
    ['that was never sent is sent', undefined, true, once, 'call'],
    ['that may be repeated is sent again at once', intended, false, { maxCalls }, 'call'],
    ['that may not be doubled is waited for', intended, false, once, 'wait'],
    ['that may not be doubled is sent again when it has settled', intended, true, once, 'refuse-and-call'],
    [
      'that may not be doubled is given up in the end',
      { state: 'intended', doubts: 2 },
      true,
      once,
      'give-up',
    ],
  ] as const)('%s', (_promise, effect, isSettled, rules, expected) => {
    expect(decideChange(effect, isSettled, rules).do).toBe(expected);
  });
});

describe('whether a call can have made an object', () => {
  const at = (minutes: number) => new Date(Date.UTC(2026, 0, 1) + minutes * 60_000);
  // The provider's clock is a day ahead of the database's.
  const effect = { absent_at: at(24 * 60), created_at: at(0), called_at: at(5) };
  test.each([
    ['made before the name was looked at: an earlier effect has', 24 * 60 - 11, false],
    ['made a moment before by another clock of the provider', 24 * 60 - 9, true],
    ['made with the first call', 24 * 60, true],
    ['made with the newest call', 24 * 60 + 5, true],
    ['made minutes after the newest call', 24 * 60 + 14, true],
    ['made later: somebody has copied ours', 24 * 60 + 16, false],
  ])('%s', (_name, minutes, isSo) => {
    expect(isOfACall({ createdAt: at(minutes) }, effect)).toBe(isSo);
  });

  test('of one whose age the provider does not tell the mark alone decides', () => {
    expect(isOfACall({ createdAt: undefined }, effect)).toBe(true);
  });
});

describe('of all that carries the mark of our calls', () => {
  const made = (externalId: string, seconds: number | undefined, madeBy?: string) => ({
    externalId,
    madeBy,
    createdAt: seconds === undefined ? undefined : new Date(seconds * 1000),
  });
  const originals = (claimed: ReturnType<typeof made>[], recorded: string[], recordedCalls: string[]) =>
    originalsAmong(claimed, recorded, recordedCalls).map(({ externalId }) => externalId);

  test.each<[string, ReturnType<typeof made>[], string[], string[], string[]?]>([
    ['the oldest of one call is ours', [made('copy', 2, 'a'), made('ours', 1, 'a')], [], ['ours']],
    ['one of each call is', [made('late', 3, 'a'), made('ours', 1, 'b')], [], ['late', 'ours']],
    [
      'what is recorded is, whatever its age',
      [made('old', 1, 'a'), made('ours', 2, 'a')],
      ['ours'],
      ['ours'],
    ],
    ['all that is recorded is', [made('x', 1, 'a'), made('y', 2, 'a')], ['x', 'y'], ['x', 'y']],
    ['what has an age comes before what has none', [made('x', undefined, 'a'), made('y', 2, 'a')], [], ['y']],
    ['what names no call is no copy of another one', [made('x', 1), made('y', 2)], [], ['x', 'y']],
    ['none is of a call whose object is deleted by now', [made('copy', 2, 'a')], ['ours'], [], ['a']],
    [
      'one is of a call beside another whose object is deleted by now',
      [made('copy', 2, 'a'), made('late', 3, 'b')],
      ['ours'],
      ['late'],
      ['a'],
    ],
    [
      'what is recorded of such a call is',
      [made('copy', 1, 'a'), made('ours', 2, 'a')],
      ['ours'],
      ['ours'],
      ['a'],
    ],
  ])('%s', (_promise, claimed, recorded, expected, recordedCalls = []) => {
    expect(originals(claimed, recorded, recordedCalls)).toEqual(expected);
  });
});
