/** The template schema of an arena: a small one, which can be exchanged for a broken one and back while workers run. */
import { mkdir, readdir, readFile, rename, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** `commits`: its second file ends the transaction. `open`: one of its tables has no row-level security. */
export type BrokenTemplate = 'commits' | 'open';

export interface Template {
  /** What SCHEMA_PATH is for the workers. */
  readonly path: string;
  /** The tables that it makes when it is whole. */
  readonly tables: readonly string[];
  /** From the next reading on. */
  become(what: BrokenTemplate | 'whole'): Promise<void>;
}

const sample = join(import.meta.dirname, '../helpers/template-schema');

const secured = (name: string) =>
  `create table public.${name} (id int primary key);\nalter table public.${name} enable row level security;\n`;

const broken: Readonly<Record<BrokenTemplate, Readonly<Record<string, string>>>> = {
  commits: {
    '010_first.sql': secured('first_half'),
    '020_second.sql': `${secured('second_half')}commit;\n${secured('third_half')}`,
  },
  open: {
    '010_first.sql': secured('first_half'),
    '020_second.sql': 'create table public.open_to_all (id int primary key);\n',
  },
};

export async function openTemplate(directory: string): Promise<Template> {
  const path = join(directory, 'template');
  const folders = { whole: sample, commits: join(directory, 'commits'), open: join(directory, 'open') };
  for (const what of ['commits', 'open'] as const) {
    await mkdir(folders[what], { recursive: true });
    for (const [name, sql] of Object.entries(broken[what])) await writeFile(join(folders[what], name), sql);
  }
  await symlink(sample, path);
  return {
    path,
    tables: await listTables(),
    async become(what) {
      // Whoever reads meanwhile finds the one or the other.
      await symlink(folders[what], `${path}.next`);
      await rename(`${path}.next`, path);
    },
  };
}

async function listTables(): Promise<string[]> {
  const names = (await readdir(sample)).filter((name) => name.endsWith('.sql'));
  const texts = await Promise.all(names.map((name) => readFile(join(sample, name), 'utf8')));
  return [...texts.join('\n').matchAll(/^create table public\.(\w+)/gm)].flatMap(([, name]) => name ?? []);
}
