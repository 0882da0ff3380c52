/** Advice for an operator about leftovers and failures. Pure. */
import type { FullSnapshot } from '../ledger/provisionings.ts';
import type { ResourceRow, StepError } from '../ledger/rows.ts';
import {
  isGone,
  type Failure,
  type FailureCode,
  type ProvisioningStatus,
  type RollbackStatus,
} from '../provisioning.ts';

/** Advice about a provisioning that needs somebody, or that has failed. Undefined: nothing is to be done. */
export function whatIsToBeDone({ provisioning, resources }: FullSnapshot): string | undefined {
  const { status, rollback_status: rollback, failure } = provisioning;
  if (rollback === 'incomplete') {
    const left = resources.filter(isLeft).map(({ kind, name }) => `${kind} ${name}`);
    return `Left at the providers: ${left.join(', ')}. See what each resource says, then POST …/rollback.`;
  }
  return failure && whatToDoAbout(failure, status, rollback);
}

function isLeft(resource: ResourceRow): boolean {
  return resource.origin === 'created' && !isGone(resource);
}

/**
 * Advice about a resource that an incomplete rollback has left, or about one that is not ours and stands in the way;
 * undefined where there is nothing to do.
 *
 * `undoError`: why the undo of its step has failed.
 */
export function whatToDo(
  resource: ResourceRow,
  { isIncomplete, isNameTaken }: { readonly isIncomplete: boolean; readonly isNameTaken: boolean },
  undoError?: StepError,
): string | undefined {
  const { origin, state, error = '', url } = resource;
  if (origin === 'foreign' && isNameTaken)
    return `It was there before and is never touched. Rename or delete it${url === undefined ? '' : ` at ${url}`}, or choose another client id.`;
  if (!isIncomplete || !isLeft(resource)) return undefined;
  const where = url === undefined ? 'at the provider' : `at ${url}`;
  if (error.includes('which proves nothing'))
    return `Fix the token as the error says, then POST …/rollback. Or look ${where} with an account that sees everything: delete it there if it is yours, then POST …/resources/${resource.id}/forget.`;
  if (state === 'unknown')
    return `Look ${where} whether it is there and whose it is. Delete it by hand if it is yours, then POST …/rollback.`;
  if (undoError?.whatToDo !== undefined)
    return `${undoError.whatToDo} Then POST …/rollback. Or delete it by hand ${where}, then POST …/rollback.`;
  if (/answered (401|403)\b/.test(error))
    return `Give the token the right to delete it, then POST …/rollback. Or delete it by hand ${where}, then POST …/rollback.`;
  return `POST …/rollback to try again. If it is refused again, delete it by hand ${where}, then POST …/rollback.`;
}

/** Advice about a failure: first the fixing, then the call to this API. */
export function whatToDoAbout(
  failure: Failure,
  status: ProvisioningStatus,
  rollback: RollbackStatus,
): string {
  return `${failure.whatToDo ?? remedies[failure.code]} ${next(status, rollback)}`;
}

/** Advice where no more is known than the code. */
const remedies: Readonly<Record<FailureCode, string>> = {
  'name-taken': 'Rename or delete what has the name at the provider, or choose another client id.',
  'provider-rejected': "Read what the provider says (failure.providerText), and the provider's own log.",
  'provider-unavailable': "Look at the provider's status page, and at the network between the worker and it.",
  'credentials-rejected':
    "Renew the token in the worker's environment, give it the rights that README.md lists under Tokens, and restart the worker.",
  'quota-exceeded': 'Raise the plan, pay what is due, or remove what is not needed at the provider.',
  'not-ready-in-time':
    'Look at the provider whether what was waited for has happened meanwhile. If it only takes longer, raise READY_TIMEOUT_MS.',
  'schema-invalid': 'Fix the template schema where the message says.',
  'verification-failed': 'Look at what the message names: it is there, and not as it was made to be.',
  'internal-error': 'Look for the provisioning in the log of the worker: it has the error.',
};

function next(status: ProvisioningStatus, rollback: RollbackStatus): string {
  if (status === 'paused') return 'Then POST …/resume. Or POST …/rollback, which undoes everything.';
  if (rollback === 'completed') return 'Then ask for the client again: everything was undone.';
  return rollback === 'incomplete'
    ? 'See resources for what is left: only when that is undone the client can be asked for again.'
    : 'Then ask for the client again, once the rollback has completed.';
}
