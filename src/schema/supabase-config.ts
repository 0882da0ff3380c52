/** The few settings of Supabase's `config.toml` that say which SQL files there are. Pure. */

export interface SupabaseConfig {
  /** `[db.seed] enabled` */
  readonly seedIsOn: boolean;
  /** `[db.seed] sql_paths`: patterns, relative to the folder. */
  readonly seedPaths: readonly string[];
  /** `[db.migrations] schema_paths`: the order of a declarative schema. Empty: byte order. */
  readonly schemaPaths: readonly string[];
}

/** An empty text gives the CLI's defaults. */
export function readSupabaseConfig(toml: string): SupabaseConfig {
  const seed = sectionOf(toml, 'db.seed');
  return {
    seedIsOn: !/^\s*enabled\s*=\s*false\b/m.test(seed),
    seedPaths: listIn(seed, 'sql_paths') ?? ['seed.sql'],
    schemaPaths: listIn(sectionOf(toml, 'db.migrations'), 'schema_paths') ?? [],
  };
}

/** The lines of a table, without their comments. */
function sectionOf(toml: string, name: string): string {
  const lines = toml.split(/\r?\n/).map((line) => line.replace(/^\s*#.*/, ''));
  const isHeader = (line: string) => /^\s*\[[\w.\s-]+\]\s*(?:#.*)?$/.test(line);
  const first = lines.findIndex((line) => isHeader(line) && line.split('#')[0]?.trim() === `[${name}]`);
  if (first === -1) return '';
  const length = lines.slice(first + 1).findIndex(isHeader);
  return lines.slice(first + 1, length === -1 ? undefined : first + 1 + length).join('\n');
}

function listIn(section: string, key: string): string[] | undefined {
  const [, list] = new RegExp(`^\\s*${key}\\s*=\\s*\\[([^\\]]*)\\]`, 'm').exec(section) ?? [];
  return (
    list?.match(/"[^"]*"|'[^']*'/g)?.map((quoted) => quoted.slice(1, -1)) ??
    (list === undefined ? undefined : [])
  );
}
