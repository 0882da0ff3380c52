/** Reads a template's files as text, without taking them apart. */
import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { ConfigurationError } from '../errors.ts';
import { decodeSql } from './decode.ts';
import { findFiles } from './find-files.ts';
import type { FoundFile } from './found-files.ts';
import type { MigrationName } from './name-rules.ts';
import type { LeftOut } from './template.ts';

export interface TextFile {
  /** Relative to SCHEMA_PATH, with `/` between folders. */
  readonly name: string;
  /** Without a byte order mark. */
  readonly text: string;
  readonly migration: MigrationName | undefined;
}

export interface TemplateFiles {
  /** In the order in which they are applied; at least one has more than space in it. */
  readonly files: readonly TextFile[];
  readonly leftOut: readonly LeftOut[];
  /** SHA-256 over names and contents, in hex. */
  readonly checksum: string;
}

const largestTotalBytes = 256 * 1024 * 1024;

/**
 * Everything about a template that can be told at once, at the start of a process: the files are there, can be put in
 * order, and are UTF-8. Throws a ConfigurationError.
 */
export function readTemplateFiles(path: string): TemplateFiles {
  try {
    const { files: found, leftOut } = findFiles(path);
    refuseLarge(found);
    const files = found.map(readText);
    if (files.every(({ text }) => text.trim() === '')) throw new Error('there is no SQL in it');
    return { files, leftOut, checksum: checksumOf(files) };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ConfigurationError(`no template can be read there: ${reason}`, { cause: error });
  }
}

function refuseLarge(found: readonly FoundFile[]): void {
  const total = found.reduce((sum, { path }) => sum + statSync(path).size, 0);
  if (total > largestTotalBytes)
    throw new Error(`its files have ${Math.ceil(total / 2 ** 20)} MiB, and 256 are the most`);
}

function readText({ name, path, migration }: FoundFile): TextFile {
  if (!statSync(path).isFile()) throw new Error(`${name} is no file`);
  const decoded = decodeSql(readFileSync(path));
  if ('problem' in decoded) throw new Error(`${name}, line ${decoded.line}: it is ${decoded.problem}`);
  return { name, text: decoded.text, migration };
}

function checksumOf(files: readonly TextFile[]): string {
  const hash = createHash('sha256');
  for (const { name, text } of files) hash.update(`${name}\0${Buffer.byteLength(text)}\0${text}`);
  return hash.digest('hex');
}
