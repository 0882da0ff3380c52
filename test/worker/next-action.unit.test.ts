import { expect, test } from 'vitest';
import type { ProvisioningRow, StepRow } from '../../src/ledger/rows.ts';
import type { Direction, ProvisioningStatus, RollbackStatus, StepStatus } from '../../src/provisioning.ts';
import { provisioningRowOf, stepRowOf } from '../helpers/rows.ts';
import { nextAction } from '../../src/worker/jobs/next-action.ts';

function provisioning(status: ProvisioningStatus, rollback: RollbackStatus): ProvisioningRow {
  return provisioningRowOf({ status, rollback_status: rollback });
}

function step(direction: Direction, position: number, status: StepStatus): StepRow {
  return stepRowOf({
    provisioning_id: 'p',
    direction,
    position,
    name: ['a', 'b', 'c'][position - 1] ?? '',
    status,
  });
}

const runs = (...statuses: StepStatus[]) => statuses.map((status, index) => step('run', index + 1, status));
const undos = (...statuses: StepStatus[]) => statuses.map((status, index) => step('undo', index + 1, status));

function namesOf(action: ReturnType<typeof nextAction>): string {
  return action.do === 'work'
    ? `${action.direction} ${action.remaining.map(({ name }) => name).join('')}`
    : action.do;
}

test.each([
  ['a fresh one runs all steps in order', 'queued', 'none', runs('pending', 'pending', 'pending'), 'run abc'],
  ['what is done is not done again', 'running', 'none', runs('succeeded', 'running', 'pending'), 'run bc'],
  ['all steps done is a success', 'running', 'none', runs('succeeded', 'succeeded', 'succeeded'), 'succeed'],
  ['a paused one rests', 'paused', 'none', runs('succeeded', 'failed', 'pending'), 'rest'],
  ['a success rests', 'succeeded', 'none', runs('succeeded', 'succeeded', 'succeeded'), 'rest'],
  ['a failure is undone in reverse', 'failed', 'pending', undos('pending', 'pending'), 'undo ba'],
  ['a failed undo does not hold up the others', 'failed', 'running', undos('waiting', 'failed'), 'undo a'],
  ['a rollback ends when every undo has', 'failed', 'running', undos('succeeded', 'failed'), 'end-rollback'],
  ['an empty rollback ends at once', 'cancelled', 'pending', [], 'end-rollback'],
  ['a completed rollback rests', 'failed', 'completed', undos('succeeded'), 'rest'],
  ['an incomplete one waits for an operator', 'failed', 'incomplete', undos('failed'), 'rest'],
  [
    'offboarding undoes a success',
    'succeeded',
    'pending',
    undos('pending', 'pending', 'pending'),
    'undo cba',
  ],
] as const)('%s', (_promise, status, rollback, steps, expected) => {
  expect(namesOf(nextAction({ provisioning: provisioning(status, rollback), steps }))).toBe(expected);
});

test('the order of the rows does not matter', () => {
  const steps = runs('succeeded', 'pending', 'pending').toReversed();
  expect(namesOf(nextAction({ provisioning: provisioning('running', 'none'), steps }))).toBe('run bc');
});
