/** Templates made by hand, as the reader of files would give them. */
import type { Template, TemplateFile, TemplateMigration } from '../../../src/schema/template.ts';
import type { Tolerance } from '../../../src/schema/tolerance.ts';

interface MadeStatement {
  readonly sql: string;
  readonly copyData?: string;
  readonly tolerance?: Tolerance;
}

/** Each statement begins on a line of its own, at its first column, below the last line of the one before. */
export function fileOf(name: string, ...statements: (string | MadeStatement)[]): TemplateFile {
  let next = 1;
  return {
    name,
    statements: statements.map((given) => {
      const { sql, copyData, tolerance } = typeof given === 'string' ? { sql: given } : given;
      const line = next;
      next += `${sql}\n${copyData ?? ''}`.split('\n').length - (copyData === undefined ? 1 : 0);
      return { sql, line, column: 1, copyData, tolerance: tolerance ?? { kind: 'apply' } };
    }),
  };
}

export function templateOf(
  files: readonly TemplateFile[],
  migrations: readonly TemplateMigration[] = [],
): Template {
  return { files, checksum: 'a1b2c3', leftOut: [], migrations };
}
