/** SQL as the sandbox's server can take it, for what differs from a hosted project's. Pure. */

export interface ProjectSql {
  readonly sql: string;
  /** The place in the text as it was given, of a place in `sql`; both from 1. */
  readonly originOf: (position: number) => number;
}

/**
 * Two differences. The stand-in's `hnsw` and `ivfflat` know no options, and an access method made in SQL can't learn
 * any: `with (m = 16, …)` is blanked. And roles belong to the whole server, which all projects share: settings of the
 * platform's roles are made settings in this project's database.
 */
export function projectSql(given: string, database: string): ProjectSql {
  const blanked = given.replaceAll(
    /(\busing\s+"?(?:hnsw|ivfflat)"?\s*\([^;]*?\)\s*)(with\s*\([^;)]*\))/gi,
    (_, index: string, options: string) => index + options.replaceAll(/[^\n]/g, ' '),
  );
  const addition = ` in database "${database}"`;
  const ends: number[] = [];
  const sql = blanked.replaceAll(
    /\balter\s+(?:role|user)\s+"?(?:anon|authenticated|authenticator|postgres|service_role)"?(?=\s+(?:re)?set\s)/gi,
    (found, offset: number) => {
      ends.push(offset + found.length);
      return found + addition;
    },
  );
  return {
    sql,
    originOf: (position) =>
      ends.reduce(
        (origin, end) => (origin > end ? Math.max(end, origin - addition.length) : origin),
        position,
      ),
  };
}
