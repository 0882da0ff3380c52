/** The patch files of this folder. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseMutant, type Mutant } from './mutant.ts';

export interface Patch extends Mutant {
  readonly file: string;
}

/** By their numbers. */
export function readPatches(): Patch[] {
  return readdirSync(import.meta.dirname)
    .filter((name) => name.endsWith('.patch'))
    .toSorted()
    .map((name) => {
      const file = join(import.meta.dirname, name);
      return { ...parseMutant(name.replace(/\.patch$/, ''), readFileSync(file, 'utf8')), file };
    });
}
