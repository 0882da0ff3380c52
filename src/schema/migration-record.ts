/**
 * A migration as the Supabase CLI records it in `supabase_migrations.schema_migrations`. Pure.
 *
 * The CLI cuts at each semicolon and keeps the comments before a statement with it, and those at the end alone:
 * https://github.com/supabase/cli/blob/develop/apps/cli-go/pkg/parser/token.go (SplitAndTrim)
 */
import type { TextFile } from './read-files.ts';
import { splitScript } from './split-script.ts';
import type { TemplateMigration } from './template.ts';

/** Undefined: the file is no migration of the CLI's kind. */
export function migrationOf({ text, migration }: TextFile): TemplateMigration | undefined {
  if (migration === undefined) return undefined;
  const { statements, tail } = splitScript(text);
  const texts = [...statements, tail].map(({ start, end }) => text.slice(start, end).trim());
  return { ...migration, statements: texts.filter((one) => one !== '') };
}
