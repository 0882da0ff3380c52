/** Files that were found, and those that were left out. */
import type { MigrationName } from './name-rules.ts';
import type { LeftOut } from './template.ts';

export interface FoundFile {
  /** Relative to SCHEMA_PATH, with `/` between folders. */
  readonly name: string;
  readonly path: string;
  /** Undefined: the Supabase CLI has no record of such a file. */
  readonly migration: MigrationName | undefined;
}

export interface FoundFiles {
  readonly files: readonly FoundFile[];
  readonly leftOut: readonly LeftOut[];
}

export function leaveOut(name: string, reason: string): FoundFiles {
  return { files: [], leftOut: [{ name, reason }] };
}

export function joinFound(parts: readonly FoundFiles[]): FoundFiles {
  return {
    files: parts.flatMap(({ files }) => files),
    leftOut: parts.flatMap(({ leftOut }) => leftOut),
  };
}
