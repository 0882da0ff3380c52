/** The actions that a provisioning allows now, and the roles that may take them. Pure. */
import type { ProvisioningRow, ResourceRow } from '../ledger/rows.ts';
import { isGone } from '../provisioning.ts';
import { rolesThatMay, type Role } from '../ledger/roles.ts';

export const actions = ['cancel', 'resume', 'rollback', 'offboard', 'forget'] as const;
export type Action = (typeof actions)[number];

export interface AllowedAction {
  readonly action: Action;
  readonly roles: readonly Role[];
  /** To be sent as `confirm`: what is done cannot be undone. */
  readonly confirm?: string;
}

const operators = rolesThatMay('operate');
const admins = rolesThatMay('administer');

export function allowedActions(
  { status, rollback_status: rollback, client_id: clientId }: ProvisioningRow,
  resources: readonly Pick<ResourceRow, 'state'>[],
): AllowedAction[] {
  const allowed: AllowedAction[] = [];
  if (status === 'queued' || status === 'running' || status === 'paused')
    allowed.push({ action: 'cancel', roles: operators });
  if (status === 'paused') allowed.push({ action: 'resume', roles: operators });
  if (status === 'paused' || rollback === 'incomplete')
    allowed.push({ action: 'rollback', roles: operators });
  if (status === 'succeeded' && rollback === 'none')
    allowed.push({ action: 'offboard', roles: admins, confirm: clientId });
  const isResting =
    status === 'paused' || rollback === 'incomplete' || (status === 'succeeded' && rollback === 'none');
  if (isResting && resources.some((resource) => !isGone(resource)))
    allowed.push({ action: 'forget', roles: admins });
  return allowed;
}
