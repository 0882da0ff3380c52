import { describe, expect, test } from 'vitest';
import { lookAtStep, lookAtUndo, progressLine, stepsToUndo } from '../../src/cli/progress/look.ts';
import { resource, shownWith } from '../demo/shown.ts';

const startedAt = '2026-01-01T00:00:00.000Z';
const now = Date.parse(startedAt) + 1500;

describe('the line of a step', () => {
  test('says what is waited for, and since when', () => {
    const shown = shownWith({ stepFacts: [{ status: 'waiting', startedAt, waitingFor: 'the project' }] });
    expect(lookAtStep(shown, 'supabase-project', now)).toEqual({
      is: 'under-way',
      note: 'waiting for the project',
      seconds: 1.5,
    });
  });

  test('says that an error is tried again', () => {
    const error = { code: 'provider-unavailable', message: 'm' };
    const shown = shownWith({ stepFacts: [{ status: 'waiting', startedAt, error }] });
    expect(lookAtStep(shown, 'supabase-project', now).note).toBe('provider-unavailable, trying again');
  });

  test.each(['succeeded', 'undone', 'undo-failed'])('a step that is %s has been done', (status) => {
    const finishedAt = '2026-01-01T00:00:02.000Z';
    const shown = shownWith({ stepFacts: [{ status, startedAt, finishedAt }] });
    expect(lookAtStep(shown, 'supabase-project', now)).toMatchObject({ is: 'done', seconds: 2 });
  });

  test('a failed step says why', () => {
    const error = { code: 'name-taken', message: 'there is one' };
    const shown = shownWith({ status: 'failed', stepFacts: [{ status: 'failed', startedAt, error }] });
    expect(lookAtStep(shown, 'supabase-project', now)).toMatchObject({
      is: 'failed',
      note: 'name-taken: there is one',
    });
  });

  test('a step is pending until it begins, and skipped once that will not happen', () => {
    expect(lookAtStep(shownWith({}), 'github-repo', now).is).toBe('pending');
    const failed = shownWith({ status: 'failed', rollback: { status: 'pending' } });
    expect(lookAtStep(failed, 'github-repo', now).is).toBe('skipped');
  });

  test('lines stand in columns', () => {
    expect(progressLine('Short', 10, 3.04, 'note')).toBe('Short        3.0 s  note');
    expect(progressLine('Longer one', 10, 12)).toBe('Longer one  12.0 s');
    expect(progressLine('Short', 10, undefined)).toBe('Short');
  });
});

describe('the line of an undo', () => {
  const stepFacts = [{ status: 'succeeded' }, { status: 'succeeded' }, { status: 'failed' }];

  test('steps that began are undone, the last one first', () => {
    expect(stepsToUndo(shownWith({ status: 'failed', stepFacts }))).toEqual([
      'github-repo',
      'database-schema',
      'supabase-project',
    ]);
  });

  test('a failed step is undone when its resources are gone', () => {
    const shown = (state: string) =>
      shownWith({
        status: 'failed',
        rollback: { status: 'running' },
        stepFacts,
        resources: [resource('supabase.project', 'live'), resource('github.repository', state)],
      });
    expect(lookAtUndo(shown('deleting'), 'github-repo').is).toBe('under-way');
    expect(lookAtUndo(shown('deleted'), 'github-repo')).toMatchObject({
      is: 'done',
      note: 'deleted github.repository name of github.repository',
    });
    expect(lookAtUndo(shown('deleted'), 'supabase-project').is).toBe('under-way');
  });

  test('a step without resources says so', () => {
    const undone = shownWith({ stepFacts: [{}, { status: 'undone' }], rollback: { status: 'running' } });
    expect(lookAtUndo(undone, 'database-schema')).toMatchObject({
      is: 'done',
      note: 'nothing of its own to delete',
    });
  });

  test('what could not be deleted fails the line', () => {
    const shown = shownWith({
      rollback: { status: 'incomplete' },
      stepFacts,
      resources: [resource('github.repository', 'delete-failed')],
    });
    expect(lookAtUndo(shown, 'github-repo')).toMatchObject({
      is: 'failed',
      note: 'name of github.repository could not be deleted',
    });
  });

  test('no line outlives the rollback', () => {
    const shown = shownWith({ rollback: { status: 'completed' }, stepFacts });
    for (const name of stepsToUndo(shown)) expect(lookAtUndo(shown, name).is).toBe('done');
  });
});
