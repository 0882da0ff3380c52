/** A world from which no end can be reached without a further fault; of several, the one that is reached first. */
export function findEndless(
  ranks: readonly number[],
  [from, to]: readonly [readonly number[], readonly number[]],
  ends: readonly number[],
): number | undefined {
  const size = ranks.length;
  /** Where the sources of each world begin. */
  const starts = new Int32Array(size + 2);
  for (const target of to) starts[target + 2] = (starts[target + 2] ?? 0) + 1;
  for (let index = 1; index < starts.length; index += 1)
    starts[index] = (starts[index] ?? 0) + (starts[index - 1] ?? 0);
  const sources = new Int32Array(from.length);
  for (const [edge, target] of to.entries()) {
    const place = starts[target + 1] ?? 0;
    sources[place] = from[edge] ?? 0;
    starts[target + 1] = place + 1;
  }
  const canEnd = new Uint8Array(size);
  const queue = [...ends];
  for (const end of ends) canEnd[end] = 1;
  for (let at = queue.pop(); at !== undefined; at = queue.pop())
    for (const source of sources.subarray(starts[at] ?? 0, starts[at + 1] ?? 0)) {
      if (canEnd[source] === 1) continue;
      canEnd[source] = 1;
      queue.push(source);
    }
  let endless: number | undefined;
  for (const [index, rank] of ranks.entries())
    if (canEnd[index] !== 1 && rank < (ranks[endless ?? -1] ?? Infinity)) endless = index;
  return endless;
}
