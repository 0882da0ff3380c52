/** The part of a step in the ledger: its effects, its resources, and the output that its run has recorded. */
import { z } from 'zod';
import type { Queryable } from './pool.ts';
import { partOfStep, type PartOfStep } from './rows.ts';

const answer = z.object({ part: partOfStep });

/** Reads the part again that came with the claim. */
export async function readPartOfStep(
  db: Queryable,
  provisioningId: string,
  step: string,
): Promise<PartOfStep> {
  const { rows } = await db.query({
    name: 'part-of-step',
    text: 'select ledger.part_of_step($1, $2) as part',
    values: [provisioningId, step],
  });
  return answer.parse(rows[0]).part;
}
