/** What an object that looks like ours is to the ledger: owned, in doubt, or an orphan. */
import type { Knowledge } from '../ledger/orphans.ts';
import { isDone } from '../provisioning.ts';
import type { Candidate } from '../steps/step.ts';

export type Standing =
  /** A resource of the ledger, in whose care it is. */
  | { readonly is: 'owned' }
  /** A provisioning that is still at work may have made it, and will find out. */
  | { readonly is: 'in-doubt' }
  | {
      readonly is: 'orphan';
      readonly note: string | undefined;
      /** The ledger believes that it is gone: a list may be older than that. */
      readonly isBelievedGone: boolean;
    };

export function standingOf(candidate: Candidate, knowledge: Knowledge): Standing {
  const { owner, maker } = knowledge;
  const isBelievedGone = owner?.state === 'deleted';
  if (owner !== undefined && !isBelievedGone && owner.state !== 'forgotten') return { is: 'owned' };
  const isMakerAtWork = maker !== undefined && !isDone(maker.status, maker.rollback);
  if (knowledge.is_in_doubt || isMakerAtWork) return { is: 'in-doubt' };
  return { is: 'orphan', note: noteOn(candidate, knowledge), isBelievedGone };
}

function noteOn(
  { evidence, provisioningId }: Candidate,
  { owner, met_by: metBy, maker }: Knowledge,
): string | undefined {
  const notes = [
    owner?.state === 'deleted' && `provisioning ${owner.provisioningId} has it as deleted`,
    owner?.state === 'forgotten' && `an operator had provisioning ${owner.provisioningId} forget it`,
    metBy !== undefined && `met as a stranger's by provisioning ${metBy}`,
    evidence === 'mark' &&
      maker === undefined &&
      'made by no provisioning of this ledger: its rows are lost or were deleted in time, or another installation made it',
    owner === undefined &&
      maker !== undefined &&
      `client ${maker.clientId}, whose provisioning is ${maker.status} (rollback ${maker.rollback}), has no record of it`,
    evidence === 'name' &&
      (provisioningId === undefined
        ? "only its name looks like ours: it may well be a stranger's"
        : 'it carries our mark under a name or a webhook of its own: it may well be a copy that somebody has made'),
  ];
  const said = notes.filter((note) => note !== false);
  return said.length === 0 ? undefined : said.join('; ');
}
