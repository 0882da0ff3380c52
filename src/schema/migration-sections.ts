/** Files that hold a migration and its undoing one below the other, told apart by comments. Pure. */
import type { RefusedCommand } from './psql-commands.ts';
import type { ScriptStatement } from './split-script.ts';

/** dbmate, goose, sql-migrate (Go), node-pg-migrate. */
const undoing =
  /^[ \t]*--[ \t]*(?:migrate:down|\+goose[ \t]+Down|\+migrate[ \t]+Down|Down[ \t]+Migration)\b/gim;

/** Applied as it is, such a file would undo itself. Undefined: it is none, or nothing follows. */
export function refuseSections(
  text: string,
  statements: readonly ScriptStatement[],
): (RefusedCommand & { readonly offset: number }) | undefined {
  for (const found of text.matchAll(undoing)) {
    const isComment = statements.every(({ first, last }) => found.index < first || found.index >= last);
    if (!isComment || !statements.some(({ first }) => first > found.index)) continue;
    return {
      offset: found.index,
      what: `"${found[0].trim()}" begins a section that undoes the one before it`,
      fix: 'Keep only the section that makes the schema.',
    };
  }
  return undefined;
}
