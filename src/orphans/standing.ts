/** Tells from the ledger whether an object that looks like ours is owned, in doubt, or an orphan. */
import type { Knowledge } from '../ledger/orphans.ts';
import { isDone } from '../provisioning.ts';
import type { OrphanCandidate } from '../steps/step.ts';

export type Standing =
  /** A resource of the ledger, in whose care it is. */
  | { readonly is: 'owned' }
  /** A provisioning that is still at work may have made it, and will find out. */
  | { readonly is: 'in-doubt' }
  | {
      readonly is: 'orphan';
      /** Why it may be somebody else's. Undefined: its mark shows that it is ours. */
      readonly doubt: Doubt | undefined;
      readonly note: string | undefined;
      /** The ledger believes that it is gone: a list may be older than that. */
      readonly isBelievedGone: boolean;
    };

/** Why an object that looks like ours may be somebody else's, in words. */
export interface Doubt {
  readonly claim: string;
  readonly risk: string;
}

const copied = 'it may well be a copy that somebody has made';
const doubts = {
  onlyNamed: { claim: 'only its name looks like ours', risk: 'it may well be foreign' },
  otherwiseNamed: { claim: 'it carries our mark under a name or a webhook of its own', risk: copied },
  oneOfSeveral: { claim: 'it carries our mark, and its provisioning has made another one', risk: copied },
} satisfies Record<string, Doubt>;

export function standingOf(candidate: OrphanCandidate, knowledge: Knowledge): Standing {
  const { owner, maker } = knowledge;
  const isBelievedGone = owner?.state === 'deleted';
  if (owner !== undefined && !isBelievedGone && owner.state !== 'forgotten') return { is: 'owned' };
  const isMakerAtWork = maker !== undefined && !isDone(maker.status, maker.rollback);
  if (knowledge.is_in_doubt || isMakerAtWork) return { is: 'in-doubt' };
  const doubt = doubtAbout(candidate, knowledge);
  return { is: 'orphan', doubt, note: noteOn(doubt, knowledge), isBelievedGone };
}

/** Somebody who copies an object copies its mark. So a mark counts for one object of its provisioning. */
function doubtAbout(
  { evidence, provisioningId }: OrphanCandidate,
  { owner, has_another: hasAnother }: Knowledge,
): Doubt | undefined {
  if (evidence === 'name') return provisioningId === undefined ? doubts.onlyNamed : doubts.otherwiseNamed;
  return hasAnother && owner === undefined ? doubts.oneOfSeveral : undefined;
}

function noteOn(doubt: Doubt | undefined, { owner, met_by: metBy, maker }: Knowledge): string | undefined {
  const notes = [
    owner?.state === 'deleted' && `provisioning ${owner.provisioningId} has it as deleted`,
    owner?.state === 'forgotten' && `an operator had provisioning ${owner.provisioningId} forget it`,
    metBy !== undefined && `met as foreign by provisioning ${metBy}`,
    doubt === undefined &&
      maker === undefined &&
      'made by no provisioning of this ledger: its rows are lost or were deleted in time, or another installation made it',
    owner === undefined &&
      maker !== undefined &&
      `client ${maker.clientId}, whose provisioning is ${maker.status} (rollback ${maker.rollback}), has no record of it`,
    doubt !== undefined && `${doubt.claim}: ${doubt.risk}`,
  ];
  const said = notes.filter((note) => note !== false);
  return said.length === 0 ? undefined : said.join('; ');
}
