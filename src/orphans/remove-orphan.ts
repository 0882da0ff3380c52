/**
 * Deletes one orphan, because a person has said so.
 *
 * The same protocol as for everything else: a fresh read, the committed record, then the call, by the immutable id, and
 * looks until it is gone. There is no lease to hold here; the record in `ledger.orphan_deletions` is what grants the
 * permits. The only place besides the engine's effects that does.
 */
import { performance } from 'node:perf_hooks';
import { setTimeout } from 'node:timers/promises';
import { NotYet, ProviderError } from '../errors.ts';
import {
  confirmOrphanDeletions,
  endOrphanDeletion,
  insertOrphanDeletion,
} from '../ledger/orphan-deletions.ts';
import { readKnowledge, readTime } from '../ledger/orphans.ts';
import { inTransaction, type Pool } from '../ledger/pool.ts';
import { Permit } from '../http/permit.ts';
import { nobodysIntent, type Change } from '../steps/step.ts';
import { searchedKinds, type SearchedKind, type SearchOptions } from './kinds.ts';
import { refusalOf, type DeletionRequest } from './may-delete.ts';
import { standingOf } from './standing.ts';

export interface RemovalPatience {
  /** Between two looks. */
  readonly pollMs: number;
  /** For how long the provider may take. */
  readonly timeoutMs: number;
}

export type Removal =
  | { readonly is: 'gone' }
  /** Nothing was sent, or nothing was done about it. */
  | { readonly is: 'refused'; readonly reason: string }
  /** Asked for, and not seen to be gone. */
  | { readonly is: 'in-doubt'; readonly reason: string };

/** Deletes one object that nothing owns, if a fresh read and the ledger allow it, and sees that it is gone. */
export async function removeOrphan(
  pool: Pool,
  search: SearchOptions,
  request: DeletionRequest,
  patience: RemovalPatience,
): Promise<Removal> {
  const searched = searchedKinds(search).find(({ kind }) => kind === request.kind);
  if (searched === undefined) return { is: 'refused', reason: `there is no kind "${request.kind}"` };
  const context = { providers: searched.connect() };
  const { externalId } = request;

  const candidate = await searched.search.read(context.providers, externalId);
  const absence = await readAbsence(searched, context, externalId, false);
  if (absence.is === 'gone' && (await confirmOrphanDeletions(pool, request)) > 0) return { is: 'gone' };
  if (absence.is === 'hidden') return { is: 'refused', reason: absence.reason };
  if (candidate === undefined || absence.is === 'gone')
    return { is: 'refused', reason: 'there is nothing of this id that looks like ours' };
  if (absence.is === 'going') return { is: 'refused', reason: 'it is being deleted already' };

  const recorded = await inTransaction(pool, async (db) => {
    const [knowledge] = await readKnowledge(db, [{ ...candidate, kind: request.kind, step: searched.step }]);
    if (knowledge === undefined) throw new Error('the ledger did not answer');
    const standing = standingOf(candidate, knowledge);
    const reason = refusalOf(request, candidate, standing, await readTime(db));
    return reason === undefined
      ? { id: await insertOrphanDeletion(db, { ...candidate, ...request }) }
      : { reason };
  });
  if (recorded.id === undefined) return { is: 'refused', reason: recorded.reason };
  const { id } = recorded;
  try {
    const removal = await removeUntilGone(searched, context, externalId, search, patience);
    if (removal.is === 'gone') await confirmOrphanDeletions(pool, request);
    else await endOrphanDeletion(pool, id, removal.is, removal.reason);
    return removal;
  } catch (error) {
    await endOrphanDeletion(pool, id, 'in-doubt', 'it was interrupted').catch(() => {});
    throw error;
  }
}

type Absence =
  | { readonly is: 'present' | 'going' | 'gone' }
  /** The object is not found, by a token that may not see it. */
  | { readonly is: 'hidden'; readonly reason: string };

/** Reads it, and asks what the token sees where that decides. `isAccepted`: a deletion of this very id was. */
async function readAbsence(
  { type }: SearchedKind,
  context: { readonly providers: object },
  externalId: string,
  isAccepted: boolean,
): Promise<Absence> {
  const presence = await type.read(context, externalId);
  if (presence !== 'absent') return { is: presence };
  if (isAccepted) return { is: 'gone' };
  const sight = await type.proveSight(context);
  if (sight.sees !== 'all')
    return { is: 'hidden', reason: `it is not found, which proves nothing: ${sight.why}. ${sight.whatToDo}` };
  // A token that was blind for a moment at the first look is not believed.
  const again = await type.read(context, externalId);
  return { is: again === 'absent' ? 'gone' : again };
}

/** Asks until it is accepted, then only looks: what counts is that it is gone. */
async function removeUntilGone(
  searched: SearchedKind,
  context: { readonly providers: object },
  externalId: string,
  { signal, timeoutMs }: SearchOptions,
  patience: RemovalPatience,
): Promise<Removal> {
  const { type } = searched;
  const endsAt = performance.now() + patience.timeoutMs;
  // A process that stalls and comes back after that time sends nothing.
  const nextPermit = () => Permit.grant({ signal, timeoutMs, mayStart: () => performance.now() < endsAt });
  const makeChange = async (change: Change<object>) => {
    if ((await change.look(nobodysIntent)) === undefined) await change.send(nextPermit(), nobodysIntent);
  };
  let isAsked = false;
  let isAccepted = false;
  let doubt = 'it was not seen to be gone in time';
  for (;;) {
    let refusal: ProviderError | undefined;
    const permit = nextPermit();
    try {
      if (!isAsked) {
        await type.beforeRemoval?.(context.providers, externalId, makeChange);
        await type.remove(permit, context, externalId);
        isAsked = true;
        isAccepted = true;
      }
    } catch (error) {
      if (!(error instanceof ProviderError || error instanceof NotYet)) throw error;
      doubt = error.message;
      if (error instanceof ProviderError && error.outcome === 'in-doubt') isAsked = permit.isTaken;
      else if (error instanceof ProviderError && type.judge(error)?.is !== 'too-early') refusal = error;
    }
    try {
      const absence = await readAbsence(searched, context, externalId, isAccepted);
      if (absence.is === 'gone') return { is: 'gone' };
      if (absence.is === 'hidden') doubt = absence.reason;
    } catch (error) {
      if (!(error instanceof ProviderError)) throw error;
      doubt = error.message;
    }
    if (refusal !== undefined) return { is: 'refused', reason: refusal.message };
    if (signal.aborted || performance.now() + patience.pollMs > endsAt)
      return { is: isAsked ? 'in-doubt' : 'refused', reason: doubt };
    await setTimeout(patience.pollMs, undefined, { signal }).catch(() => {});
  }
}
