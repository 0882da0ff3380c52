/** The ends of a provisioning, and what they mean to whoever waited. Pure. */
import type { ShownProvisioning } from '../api/answers.ts';

type State = Pick<ShownProvisioning, 'status' | 'rollback' | 'done'>;

/** True where nothing more happens until a person acts. */
export function isAtRest({ status, done }: State): boolean {
  return done || status === 'paused';
}

/** True where the client has its stack, or was offboarded as somebody wanted. */
export function hasEndedWell({ status, rollback, done }: State): boolean {
  return done && status === 'succeeded' && (rollback.status === 'none' || rollback.status === 'completed');
}

/** True where everything that was made is gone. */
export function isUndone({ rollback }: State): boolean {
  return rollback.status === 'completed';
}

/** One word or two for a state, as people ask for it. */
export function stateWords({ status, rollback }: Pick<State, 'status' | 'rollback'>): string {
  switch (rollback.status) {
    case 'pending':
    case 'running':
      return status === 'succeeded' ? 'being offboarded' : `${status}, being undone`;
    case 'incomplete':
      return `${status}, rollback incomplete`;
    case 'completed':
      return status === 'succeeded' ? 'offboarded' : `${status}, undone`;
    default:
      return status;
  }
}
