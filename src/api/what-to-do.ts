/** What an operator does about something that an incomplete rollback has left. Pure. */
import type { ResourceRow } from '../ledger/rows.ts';

/** One sentence for a person; undefined where there is nothing to do. */
export function whatToDo(resource: ResourceRow, isIncomplete: boolean): string | undefined {
  const { origin, state, error = '', url } = resource;
  if (!isIncomplete || origin !== 'created' || state === 'deleted' || state === 'forgotten') return undefined;
  const where = url === undefined ? 'at the provider' : `at ${url}`;
  if (error.includes('which proves nothing'))
    return `Mend the token as the error says, then POST …/rollback. Or look ${where} with an account that sees everything: delete it there if it is yours, then POST …/resources/${resource.id}/forget.`;
  if (state === 'unknown')
    return `Look ${where} whether it is there and whose it is. Delete it by hand if it is yours, then POST …/rollback.`;
  if (/answered (401|403)\b/.test(error))
    return `Give the token the right to delete it, then POST …/rollback. Or delete it by hand ${where}, then POST …/rollback.`;
  return `POST …/rollback to try again. If it is refused again, delete it by hand ${where}, then POST …/rollback.`;
}
