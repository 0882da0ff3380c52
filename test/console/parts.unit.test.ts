/** The parts of the pages that decide something. */
import { describe, expect, test } from 'vitest';
import { advice } from '../../src/console/parts/advice.ts';
import { duration, shortTime } from '../../src/console/parts/format.ts';
import { historyLine } from '../../src/console/parts/history.ts';
import { marksOf } from '../../src/console/parts/mini-rail.ts';
import { undoNode } from '../../src/console/parts/rail.ts';
import { barsOf, spanOf, ticksOf } from '../../src/console/parts/timeline-chart.ts';
import { clientsUrl } from '../../src/console/pages/clients.ts';
import type { Provisioning, Resource, StepOf, TimelineEntry, TimelineRow } from '../../src/console/data.ts';

const step = (status: StepOf['status'], fields: Partial<StepOf> = {}): StepOf => ({
  name: 'github-repo',
  status,
  attempts: 1,
  startedAt: status === 'pending' || status === 'skipped' ? null : '2026-12-01T10:00:00.000Z',
  finishedAt: null,
  waitingFor: null,
  waiting: null,
  error: null,
  ...fields,
});
const resource: Resource = {
  id: '00000000-0000-4000-8000-000000000000',
  step: 'github-repo',
  kind: 'github.repository',
  externalId: '1',
  name: 'client-acme-app',
  url: null,
  origin: 'created',
  state: 'live',
  goneAt: null,
};
const provisioning = (
  rollback: Provisioning['rollback']['status'],
  steps: StepOf[] = [],
  status: Provisioning['status'] = 'running',
): Provisioning => ({
  id: '00000000-0000-4000-8000-000000000000',
  clientId: 'acme',
  clientName: 'Acme',
  orgEmail: 'a@b.example',
  tier: 'starter',
  onFailure: 'rollback',
  status,
  rollback: { status: rollback },
  done: false,
  needsAttention: false,
  state: 'in-progress',
  allowedActions: [],
  whatToDo: null,
  steps,
  resources: [],
  result: {},
  failure: null,
  warnings: [],
  createdAt: '2026-12-01T10:00:00.000Z',
  updatedAt: '2026-12-01T10:00:00.000Z',
  finishedAt: null,
  links: { self: '', events: '', dashboard: '' },
});
const entry = (fields: Partial<TimelineEntry>): TimelineEntry => ({
  kind: 'attempt',
  attempt: 1,
  for: null,
  begin: '2026-12-01T10:00:00.000Z',
  end: '2026-12-01T10:00:10.000Z',
  endedAs: 'succeeded',
  error: null,
  ...fields,
});
const undo = (fields: Partial<TimelineEntry>): TimelineRow => ({
  step: 'github-repo',
  position: 3,
  direction: 'undo',
  entries: [entry(fields)],
});

describe('the undo lane', () => {
  const facts = { info: undefined, resources: [resource], undo: undefined, goesWith: undefined };
  test.each([
    ['nothing has begun', provisioning('none'), step('pending'), facts, 'nothing made yet'],
    ['it was skipped', provisioning('running'), step('skipped'), facts, 'nothing was made'],
    ['it is there', provisioning('none'), step('succeeded'), facts, 'would delete the repository'],
    [
      'a rollback was asked for',
      provisioning('pending'),
      step('succeeded'),
      facts,
      'will delete the repository',
    ],
    [
      'its turn has not come',
      provisioning('running'),
      step('succeeded'),
      facts,
      'will delete the repository',
    ],
    [
      'it is part of another thing',
      provisioning('none'),
      step('succeeded'),
      { ...facts, resources: [], goesWith: 'project' },
      'goes with the project',
    ],
    [
      'it is gone with that',
      provisioning('running'),
      step('undone'),
      { ...facts, resources: [], goesWith: 'project', undo: undo({}) },
      'gone with the project',
    ],
    [
      'it is being undone',
      provisioning('running'),
      step('succeeded'),
      { ...facts, undo: undo({ end: null, endedAs: null }) },
      'Undoing',
    ],
    ['it is undone', provisioning('completed'), step('undone'), { ...facts, undo: undo({}) }, 'Undone'],
    [
      'its undo has failed',
      provisioning('incomplete'),
      step('undo-failed'),
      { ...facts, undo: undo({ endedAs: 'failed' }) },
      'Undo failed',
    ],
  ] as const)('%s', (_what, one, of, given, word) => {
    expect(undoNode(one, of, given).sign.word).toBe(word);
  });

  test('says when a thing was seen to be gone, and why one is not', () => {
    const gone = { ...resource, goneAt: '2026-12-01T11:32:58.000Z', state: 'deleted' as const };
    expect(
      undoNode(provisioning('completed'), step('undone'), { ...facts, resources: [gone], undo: undo({}) })
        .detail,
    ).toBe('repository seen gone 11:32:58');
    const failed = undo({
      endedAs: 'failed',
      error: { code: 'credentials-rejected', message: 'answered 403' },
    });
    expect(undoNode(provisioning('incomplete'), step('undo-failed'), { ...facts, undo: failed }).detail).toBe(
      'answered 403',
    );
  });
});

test('the small rail has one mark per step, however many there are', () => {
  const steps = [
    step('succeeded'),
    step('running'),
    step('waiting'),
    step('failed'),
    step('undone'),
    step('undo-failed'),
    step('pending'),
  ];
  expect(marksOf(provisioning('none', steps))).toEqual([
    'done',
    'running',
    'waiting',
    'failed',
    'undone',
    'needed',
    'ahead',
  ]);
  expect(marksOf(provisioning('none', [step('failed')], 'paused'))).toEqual(['needed']);
});

describe('the timeline', () => {
  const now = new Date('2026-12-01T10:01:40.000Z');
  const span = { from: Date.parse('2026-12-01T10:00:00.000Z'), to: now.getTime() };

  test('reaches from the first begin to the last end, or to now', () => {
    expect(spanOf([undo({ end: null })], now)).toEqual(span);
    expect(spanOf([], now)).toBeUndefined();
  });

  test('draws what goes on until now, and attempts too short to be told apart as one', () => {
    const short = (second: string) =>
      entry({ begin: `2026-12-01T10:00:${second}Z`, end: `2026-12-01T10:00:${second}Z` });
    const bars = barsOf(
      [
        short('10.000'),
        short('10.100'),
        short('10.200'),
        entry({ kind: 'wait', for: 'it', begin: '2026-12-01T10:00:50.000Z', end: null }),
      ],
      span,
      now,
    );

    expect(bars.map(({ kind, merged, goesOn }) => ({ kind, merged, goesOn }))).toEqual([
      { kind: 'attempt', merged: 3, goesOn: false },
      { kind: 'wait', merged: 1, goesOn: true },
    ]);
    expect(bars[1]).toMatchObject({ x: 50, width: 50 });
  });

  test.each([3, 11, 100, 3600, 200_000])('has a few round times between its ends: %d s', (seconds) => {
    const ticks = ticksOf({ from: span.from + 1234, to: span.from + 1234 + seconds * 1000 });
    expect(ticks.length).toBeGreaterThan(0);
    expect(ticks.length).toBeLessThanOrEqual(6);
  });
});

test.each([
  [0, '0 s'],
  [59_400, '59 s'],
  [60_000, '1 min'],
  [86_000, '1 min 26 s'],
  [3_600_000, '1 h'],
  [8_040_000, '2 h 14 min'],
  [100 * 3_600_000, '4 d 4 h'],
])('%d ms is read as %s', (ms, text) => {
  expect(duration(ms)).toBe(text);
});

test.each([
  ['2026-12-01T09:08:07.000Z', '09:08:07'],
  ['2026-11-29T09:08:07.000Z', 'Sun 29 Nov'],
  ['2025-03-02T09:08:07.000Z', '2 Mar 2025'],
])('a time is as short as it can be: %s', (at, text) => {
  expect(shortTime(new Date(at), new Date('2026-12-01T20:00:00.000Z'))).toBe(text);
});

test('advice names no call of the API where there are buttons', () => {
  expect(advice('Renew the token. Then POST …/resume. Or POST …/rollback, which undoes everything.')).toBe(
    'Renew the token.',
  );
  expect(
    advice(
      'Give the token the right to delete it, then POST …/rollback. Or delete it by hand at https://x.example, then POST …/rollback.',
    ),
  ).toBe('Give the token the right to delete it. Or delete it by hand at https://x.example.');
});

test('a filter lives in the address, without what is not set', () => {
  expect(clientsUrl({})).toBe('/clients');
  expect(clientsUrl({ q: 'a&b', state: 'live', cursor: 'x' })).toBe('/clients?q=a%26b&state=live&cursor=x');
});

describe('the history', () => {
  const line = (type: string, data: Record<string, unknown>) =>
    historyLine({ sequence: 1, type, at: '', data }, []);

  test('tells what somebody did, who it was and why', () => {
    expect(line('provisioning.cancelled', { by: 'key:ab12', reason: 'the wrong client' })).toEqual({
      text: 'Cancelled. Rollback begins',
      by: 'key ab12',
      reason: 'the wrong client',
    });
  });

  test('leaves out what only a program wants to know', () => {
    expect(line('effect.intended', {})).toBeUndefined();
    expect(line('step.started', { step: 'x', attempt: 1 })).toBeUndefined();
    expect(line('step.started', { step: 'x', attempt: 2 })?.text).toBe('x begins, attempt 2');
  });
});
