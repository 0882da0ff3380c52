/** What may be done about a provisioning, in each of its states. */
import { expect, test } from 'vitest';
import { allowedActions } from '../../src/api/allowed-actions.ts';
import {
  clientStateOf,
  type ProvisioningStatus,
  type ResourceState,
  type RollbackStatus,
} from '../../src/provisioning.ts';
import { provisioningRowOf } from '../helpers/rows.ts';

const named = (
  status: ProvisioningStatus,
  rollback: RollbackStatus,
  states: readonly ResourceState[] = ['live'],
) =>
  allowedActions(
    provisioningRowOf({ status, rollback_status: rollback }),
    states.map((state) => ({ state })),
  ).map(({ action, roles, confirm }) =>
    [action, roles.join(' '), ...(confirm === undefined ? [] : [confirm])].join(': '),
  );

test.each([
  ['queued', 'none', 'in-progress', ['cancel: operator admin']],
  ['running', 'none', 'in-progress', ['cancel: operator admin']],
  [
    'paused',
    'none',
    'attention',
    ['cancel: operator admin', 'resume: operator admin', 'rollback: operator admin', 'forget: admin'],
  ],
  ['succeeded', 'none', 'live', ['offboard: admin: acme', 'forget: admin']],
  ['succeeded', 'running', 'in-progress', []],
  ['succeeded', 'incomplete', 'attention', ['rollback: operator admin', 'forget: admin']],
  ['succeeded', 'completed', 'offboarded', []],
  ['failed', 'pending', 'in-progress', []],
  ['failed', 'incomplete', 'attention', ['rollback: operator admin', 'forget: admin']],
  ['failed', 'completed', 'failed', []],
  ['cancelled', 'running', 'in-progress', []],
  ['cancelled', 'completed', 'failed', []],
] as const)('%s, its rollback %s: it is %s, and allows %j', (status, rollback, state, allowed) => {
  expect(clientStateOf(status, rollback)).toBe(state);
  expect(named(status, rollback)).toEqual(allowed);
});

test('nothing is to be forgotten where everything is gone', () => {
  expect(named('failed', 'incomplete', ['deleted', 'forgotten'])).toEqual(['rollback: operator admin']);
});
