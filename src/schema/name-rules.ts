/** Tells which files and folders of a template are not applied, by their names. Pure. */

export const noSql = 'no .sql file';
const isHidden = 'hidden';
const undoes = 'a down migration, which undoes another';

/** Why a file is left out. Undefined: it is taken. `siblings` are the names in its folder. */
export function leaveOutFile(name: string, siblings: readonly string[]): string | undefined {
  if (name.startsWith('.')) return isHidden;
  if (!isSql(name)) return noSql;
  return isDown(name, siblings) ? undoes : undefined;
}

export function isSql(name: string): boolean {
  return /\.sql$/i.test(name);
}

function isDown(name: string, siblings: readonly string[]): boolean {
  // golang-migrate and others; Diesel and Hasura.
  if (/(?:^|\.)(?:down|undo|rollback|revert)\.sql$/i.test(name)) return true;
  // db-migrate. `count_down.sql` alone undoes nothing.
  const partner = name.replace(/([-_])down(\.sql)$/i, '$1up$2');
  if (partner !== name) return siblings.includes(partner);
  // Flyway: U2__name.sql undoes V2__name.sql.
  const [, version] = /^U([\d._]+)__/.exec(name) ?? [];
  return version !== undefined && siblings.some((sibling) => sibling.startsWith(`V${version}__`));
}

/** Why a whole folder is left out. Undefined: its files are taken. */
export function leaveOutFolder(name: string): string | undefined {
  if (name.startsWith('.')) return isHidden;
  if (name === 'node_modules') return 'installed packages';
  if (/^(?:downs?|undo|rollbacks?|reverts?)$/i.test(name)) return 'down migrations, which undo others';
  return /^(?:tests?|__tests__|verify)$/i.test(name) ? 'tests' : undefined;
}

export interface MigrationName {
  /** The digits at its beginning. */
  readonly version: string;
  readonly name: string;
}

/**
 * The version and name under which the Supabase CLI records a file. Undefined: it does not, or the file is no migration of its kind.
 * https://github.com/supabase/cli/blob/develop/apps/cli-go/pkg/migration/file.go
 */
export function migrationName(file: string): MigrationName | undefined {
  const [, version, name] = /^([0-9]+)_(.*)\.sql$/i.exec(file) ?? [];
  return version === undefined || name === undefined ? undefined : { version, name };
}

/** A migration outside a `supabase` folder is one of Supabase when it has the CLI's timestamp. */
export function timestampedName(file: string): MigrationName | undefined {
  const found = migrationName(file);
  return found?.version.length === 14 && !/\.up$/i.test(found.name) ? found : undefined;
}
