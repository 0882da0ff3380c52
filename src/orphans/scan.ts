/** Looks through the providers for what looks like ours and that nothing in the ledger owns. Changes nothing. */
import { ConfigurationError, ProviderError } from '../errors.ts';
import { readKnowledge, readTime, type Orphan, type OrphanReport } from '../ledger/orphans.ts';
import type { Queryable } from '../ledger/pool.ts';
import type { OrphanCandidate } from '../steps/step.ts';
import { searchedKinds, type SearchedKind, type SearchOptions } from './kinds.ts';
import { standingOf, type Standing } from './standing.ts';

/** How many orphans a report names. */
const mostItems = 1000;

/** All kinds at once. A list that fails is an error of the report, and says nothing about the others. */
export async function scanOrphans(db: Queryable, search: SearchOptions): Promise<OrphanReport> {
  const checkedAt = await readTime(db);
  const results = await Promise.all(
    searchedKinds(search).map(async (searched) => {
      try {
        return await findOrphans(db, searched);
      } catch (error) {
        return { items: [], errors: [{ kind: searched.kind, message: describeFailure(error) }] };
      }
    }),
  );
  const items = results.flatMap((result) => result.items);
  const errors = results.flatMap((result) => result.errors);
  const tooMany = { kind: 'all', message: `${items.length} orphans, of which ${mostItems} are listed` };
  return {
    checkedAt,
    items: items.slice(0, mostItems),
    errors: items.length > mostItems ? [...errors, tooMany] : errors,
  };
}

/** Finds orphans of one kind. Where the token may not see everything the list is not whole, and says so. */
async function findOrphans(
  db: Queryable,
  searched: SearchedKind,
): Promise<Pick<OrphanReport, 'items' | 'errors'>> {
  const { kind, step, search, type } = searched;
  const providers = searched.connect();
  const candidates = await search.list(providers);
  const sight = await type.proveSight({ providers });
  const errors =
    sight.sees === 'all'
      ? []
      : [{ kind, message: `the token may not see all of them: ${sight.why}. ${sight.whatToDo}` }];
  // After the list, so that what was made meanwhile is known here.
  const knowledge = await readKnowledge(
    db,
    candidates.map((candidate) => ({ ...candidate, kind, step })),
  );
  const orphans: Orphan[] = [];
  for (const [index, candidate] of candidates.entries()) {
    const known = knowledge[index];
    const standing = known && standingOf(candidate, known);
    if (standing?.is !== 'orphan') continue;
    // The list has just shown it to this token: it is not hidden.
    if (standing.isBelievedGone && (await search.read(providers, candidate.externalId)) === undefined)
      continue;
    orphans.push(orphanOf(kind, candidate, standing));
  }
  return { items: orphans, errors };
}

function orphanOf(
  kind: string,
  candidate: OrphanCandidate,
  { doubt, note }: Extract<Standing, { is: 'orphan' }>,
): Orphan {
  return {
    kind,
    externalId: candidate.externalId,
    name: candidate.name,
    url: candidate.url ?? null,
    createdAt: candidate.createdAt?.toISOString() ?? null,
    evidence: doubt === undefined ? 'mark' : 'name',
    provisioningId: candidate.provisioningId ?? null,
    note: note ?? null,
  };
}

/** Only errors of our own words are told: others may repeat what a provider, or a variable, has said. */
function describeFailure(error: unknown): string {
  if (error instanceof ProviderError || error instanceof ConfigurationError) return error.message;
  return `failed: ${error instanceof Error ? error.name : 'unknown'}`;
}
