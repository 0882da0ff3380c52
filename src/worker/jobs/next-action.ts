/** Decides what is done next about a provisioning, from the ledger alone. Pure. */
import type { Snapshot, StepRow } from '../../ledger/rows.ts';
import type { Direction } from '../../provisioning.ts';

export type NextAction =
  | { readonly do: 'work'; readonly direction: Direction; readonly remaining: readonly StepRow[] }
  /** All steps are done. */
  | { readonly do: 'succeed' }
  /** All undos have ended. */
  | { readonly do: 'end-rollback' }
  /** Nothing happens by itself: it is done, or an operator has to decide. */
  | { readonly do: 'rest' };

/** The next thing to do about a provisioning. */
export function nextAction({ provisioning, steps }: Snapshot): NextAction {
  const { status, rollback_status: rollback } = provisioning;
  if (rollback === 'pending' || rollback === 'running') {
    const remaining = steps
      .filter((step) => step.direction === 'undo' && !hasEnded(step))
      .toSorted((a, b) => b.position - a.position);
    return remaining.length === 0 ? { do: 'end-rollback' } : { do: 'work', direction: 'undo', remaining };
  }
  if (rollback !== 'none' || (status !== 'queued' && status !== 'running')) return { do: 'rest' };
  const remaining = steps
    .filter((step) => step.direction === 'run' && step.status !== 'succeeded')
    .toSorted((a, b) => a.position - b.position);
  return remaining.length === 0 ? { do: 'succeed' } : { do: 'work', direction: 'run', remaining };
}

/** The flow that an action belongs to. */
export function directionOf(action: Exclude<NextAction, { do: 'rest' }>): Direction {
  if (action.do === 'work') return action.direction;
  return action.do === 'succeed' ? 'run' : 'undo';
}

/** A failed undo does not hold up the others. */
function hasEnded(step: StepRow): boolean {
  return step.status === 'succeeded' || step.status === 'failed';
}
