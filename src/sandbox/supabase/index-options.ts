/**
 * Takes `with (m = 16, …)` off indexes of pgvector's two methods, as long as it was: places in the text stay the same.
 * The stand-in's methods know no such options, and an access method in SQL can't learn any.
 */
export function withoutIndexOptions(sql: string): string {
  return sql.replaceAll(
    /(\busing\s+"?(?:hnsw|ivfflat)"?\s*\([^;]*?\)\s*)(with\s*\([^;)]*\))/gi,
    (_, index: string, options: string) => index + options.replaceAll(/[^\n]/g, ' '),
  );
}
