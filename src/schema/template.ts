/** The template schema as a project gets it: files in order, each taken apart into its statements. */
import type { Tolerance } from './tolerance.ts';

export interface Template {
  /** In the order in which they are applied. */
  readonly files: readonly TemplateFile[];
  /** SHA-256 over names and contents, in hex. */
  readonly checksum: string;
  /** Files that are not applied, and why: down migrations, files that hold no SQL. */
  readonly leftOut: readonly LeftOut[];
  /** Migrations whose names begin with a timestamp, as the Supabase CLI records them. Empty: there are none. */
  readonly migrations: readonly TemplateMigration[];
}

export interface LeftOut {
  /** Relative to SCHEMA_PATH; a folder ends in `/` and stands for all that is in it. */
  readonly name: string;
  readonly reason: string;
}

export interface TemplateFile {
  /** Relative to SCHEMA_PATH, with `/` between folders. */
  readonly name: string;
  readonly statements: readonly TemplateStatement[];
}

export interface TemplateStatement {
  /** The statement alone: without the comments before it, without a semicolon at its end. */
  readonly sql: string;
  /** The line of its file in which `sql` begins, from 1. */
  readonly line: number;
  /** The character of that line with which `sql` begins, from 1. */
  readonly column: number;
  /** The rows of a `COPY … FROM stdin` as the file has them. Undefined: the statement is none. */
  readonly copyData: string | undefined;
  /** How a refusal of this statement by the project's database is taken. */
  readonly tolerance: Tolerance;
}

/** One row of `supabase_migrations.schema_migrations`. */
export interface TemplateMigration {
  /** `20250131120000` */
  readonly version: string;
  readonly name: string;
  readonly statements: readonly string[];
}
