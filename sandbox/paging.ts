/** A number from a query, held between its bounds; `fallback` when it is missing or none. */
export function numberWithin(
  query: URLSearchParams,
  name: string,
  fallback: number,
  { least = 1, most = Number.MAX_SAFE_INTEGER }: { least?: number; most?: number },
): number {
  const value = Number(query.get(name) ?? fallback);
  return Number.isInteger(value) ? Math.min(Math.max(value, least), most) : fallback;
}
