/** Reads the template that SCHEMA_PATH names, and takes it apart. */
import { setImmediate } from 'node:timers/promises';
import { TemplateFlawed, type Flaw } from './flaws.ts';
import { loadGrammar, type Grammar } from './grammar.ts';
import { migrationOf } from './migration-record.ts';
import { readTemplateFiles, type TemplateFiles, type TextFile } from './read-files.ts';
import { readScript } from './read-script.ts';
import type { LeftOut, Template, TemplateFile, TemplateStatement } from './template.ts';

let last: { readonly key: string; readonly template: Template } | undefined;

/**
 * The template, ready to be applied. Throws a ConfigurationError where there is none that can be read, and
 * TemplateFlawed, a StepFailure `schema-invalid`, where its SQL can't be applied to any project.
 *
 * The files are read each time; they are taken apart again only when something in them has changed.
 */
export async function readTemplate(path: string): Promise<Template> {
  const files = readTemplateFiles(path);
  const key = JSON.stringify([path, files.checksum, files.leftOut]);
  if (last?.key !== key) last = { key, template: await takeApart(files) };
  return last.template;
}

async function takeApart({ files, leftOut, checksum }: TemplateFiles): Promise<Template> {
  const grammar = await loadGrammar();
  const read: TemplateFile[] = [];
  const flaws: Flaw[] = [];
  const empty: LeftOut[] = [];
  for (const file of files) {
    const parts = await readParts(file, grammar);
    flaws.push(...parts.flaws.toSorted((a, b) => a.place.line - b.place.line));
    if (parts.statements.length > 0) read.push({ name: file.name, statements: parts.statements });
    else empty.push({ name: file.name, reason: 'no statement in it' });
  }
  if (flaws.length > 0) throw new TemplateFlawed(flaws);
  const migrations = files.flatMap((file) => migrationOf(file) ?? []);
  return { files: read, checksum, leftOut: [...leftOut, ...empty], migrations };
}

/** How long other work of the process may be kept waiting: leases are renewed, requests answered. */
const longestTurnMs = 20;

async function readParts(file: TextFile, grammar: Grammar) {
  const statements: TemplateStatement[] = [];
  const flaws: Flaw[] = [];
  let turnBegan = performance.now();
  for (const part of readScript(file, grammar)) {
    if ('flaw' in part) flaws.push(part.flaw);
    else statements.push(part.statement);
    if (performance.now() - turnBegan < longestTurnMs) continue;
    await setImmediate();
    turnBegan = performance.now();
  }
  return { statements, flaws };
}
