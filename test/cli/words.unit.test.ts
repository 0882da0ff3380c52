import { describe, expect, test } from 'vitest';
import { barOf } from '../../src/cli/batch/progress.ts';
import { provisioningShown, type ShownProvisioning } from '../../src/cli/api/answers.ts';
import { judgeClock, judgeNode } from '../../src/cli/doctor/local.ts';
import { timelineTable } from '../../src/cli/commands/look.ts';
import { changesSince } from '../../src/cli/progress/changes.ts';
import { inCommands } from '../../src/cli/words.ts';
import { hasEndedWell, isAtRest, stateWords } from '../../src/cli/progress/outcome.ts';

function shown(status: string, rollback: string, steps: readonly object[] = []): ShownProvisioning {
  return provisioningShown.parse({
    id: 'i',
    clientId: 'acme',
    clientName: 'Acme',
    orgEmail: 'a@b.example',
    tier: 'starter',
    status,
    rollback: { status: rollback },
    done:
      rollback === 'completed' ||
      rollback === 'incomplete' ||
      (status === 'succeeded' && rollback === 'none'),
    needsAttention: status === 'paused' || rollback === 'incomplete',
    steps,
    resources: [],
    result: {},
    failure: null,
    createdAt: '2026-01-01T00:00:00.000Z',
  });
}

describe('the end of a provisioning', () => {
  test.each([
    ['succeeded', 'none', 'succeeded', true, true],
    ['succeeded', 'running', 'being offboarded', false, false],
    ['succeeded', 'completed', 'offboarded', true, true],
    ['succeeded', 'incomplete', 'succeeded, rollback incomplete', true, false],
    ['failed', 'pending', 'failed, being undone', false, false],
    ['failed', 'completed', 'failed, undone', true, false],
    ['cancelled', 'completed', 'cancelled, undone', true, false],
    ['paused', 'none', 'paused', true, false],
    ['running', 'none', 'running', false, false],
  ])('%s with rollback %s is %s', (status, rollback, words, isResting, isWell) => {
    const state = shown(status, rollback);
    expect([stateWords(state), isAtRest(state), hasEndedWell(state)]).toEqual([words, isResting, isWell]);
  });
});

describe('the lines of a change', () => {
  const waiting = {
    name: 'github-repo',
    status: 'waiting',
    waitingFor: 'the template',
    waiting: { for: 'the template', since: '2026-01-01T00:00:00.000Z', until: null },
  };

  test('tell what is new, once', () => {
    const before = shown('running', 'none', [{ name: 'github-repo', status: 'pending' }]);
    const after = shown('running', 'none', [waiting]);
    expect(changesSince(undefined, before)).toEqual(['acme  running']);
    expect(changesSince(before, after)).toEqual(['acme  github-repo  waiting: waiting for the template']);
    expect(changesSince(after, after)).toEqual([]);
  });

  test('tell of a state that has changed', () => {
    expect(changesSince(shown('running', 'none'), shown('paused', 'none'))).toEqual(['acme  paused']);
  });
});

test('a timeline has a line for each attempt and each wait', () => {
  const begin = '2026-01-01T10:00:00.000Z';
  const end = '2026-01-01T10:00:02.500Z';
  const error = { code: 'provider-unavailable', message: 'm' };
  const entries = [
    { kind: 'attempt', attempt: 1, for: null, begin, end, endedAs: 'error', error },
    { kind: 'wait', attempt: null, for: 'the template', begin, end: null, endedAs: null, error: null },
  ];
  expect(
    timelineTable({
      items: [
        { step: 'github-repo', direction: 'run', entries },
        {
          step: 'github-repo',
          direction: 'undo',
          entries: [{ kind: 'attempt', attempt: 1, begin, end, endedAs: 'succeeded' }],
        },
      ],
    }).slice(1),
  ).toEqual([
    'github-repo          attempt 1              10:00:00     2.5 s    provider-unavailable: m',
    'github-repo          wait for the template  10:00:00     goes on',
    'undo of github-repo  attempt 1              10:00:00     2.5 s    succeeded',
  ]);
});

test.each([
  [
    'Then POST …/resume. Or POST …/rollback, which undoes everything.',
    'Then resume acme. Or rollback acme, which undoes everything.',
  ],
  ['Or POST …/resources/4f1c/forget.', 'Or forget acme 4f1c --reason "<why>".'],
  ['POST …/callbacks/{id}/redeliver.', 'callbacks acme --redeliver-all.'],
])('the advice %s names commands', (advice, words) => {
  expect(inCommands(advice, 'acme')).toBe(words);
});

test('a bar shows how much has ended, and what of it failed', () => {
  expect(barOf('Provisioning', { ended: 3, failed: 1, total: 6 })).toBe(
    `Provisioning ${'█'.repeat(12)}${'░'.repeat(12)} 3 of 6, 1 failed`,
  );
});

test('a clock is right between the question and the answer, and 5 s beside it', () => {
  expect(judgeClock(1500, 1000, 2000)).toMatchObject({ ok: true, detail: 'agrees with the database' });
  expect(judgeClock(7000, 1000, 2000)).toMatchObject({ ok: true, detail: "5.0 s off the database's" });
  expect(judgeClock(7100, 1000, 2000).ok).toBe(false);
  expect(judgeClock(-4100, 1000, 2000).ok).toBe(false);
});

test.each([
  ['24.12.0', true],
  ['26.10.0', true],
  ['24.11.9', false],
  ['20.20.2', false],
])('Node %s: %s', (version, ok) => {
  expect(judgeNode(version).ok).toBe(ok);
});
