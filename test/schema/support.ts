/** Templates on the disk, for tests of what is read. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach } from 'vitest';
import { TemplateFlawed } from '../../src/schema/flaws.ts';
import { readTemplate } from '../../src/schema/read-template.ts';
import type { Template, TemplateStatement } from '../../src/schema/template.ts';

const made: string[] = [];
afterEach(() => {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true });
});

/** A folder with these files; names may have `/` in them. */
export function folderWith(files: Record<string, string | Uint8Array>): string {
  const folder = mkdtempSync(join(tmpdir(), 'template-'));
  made.push(folder);
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  return folder;
}

export function read(files: Record<string, string | Uint8Array>): Promise<Template> {
  return readTemplate(folderWith(files));
}

/** The statements of a template of one file. */
export async function statementsOf(sql: string | Uint8Array): Promise<readonly TemplateStatement[]> {
  return (await read({ 'a.sql': sql })).files[0]?.statements ?? [];
}

/** What is wrong with it, as `file:line:column what`; what to do is not told here. */
export async function flawsOf(files: Record<string, string>): Promise<string[]> {
  const flaws = await read(files).then(
    () => [],
    (error: unknown) => {
      if (error instanceof TemplateFlawed) return error.flaws;
      throw error;
    },
  );
  return flaws.map(({ file, place, what }) => `${file}:${place.line}:${place.column} ${what}`);
}
