/**
 * The `supabase` folder of a repository, as `supabase db reset` reads it: its migrations, then its seed.
 *
 * https://supabase.com/docs/guides/local-development/cli/config
 */
import { globSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { byBytes, enter, type Folder } from './folder.ts';
import { joinFound, leaveOut, type FoundFile, type FoundFiles } from './found-files.ts';
import { isSql, leaveOutFile, leaveOutFolder, migrationName } from './name-rules.ts';
import { readSupabaseConfig } from './supabase-config.ts';

const neighbours = ['config.toml', 'seed.sql', 'roles.sql', 'functions', 'seeds', 'schemas'];

/** Told by what is in it: `migrations` or `schemas`, beside something else that the CLI knows. */
export function isSupabaseFolder({ files, folders }: Folder): boolean {
  const isKnown = neighbours.some((name) => files.includes(name) || folders.includes(name));
  const hasOthers = files.some((name) => isSql(name) && name !== 'seed.sql' && name !== 'roles.sql');
  if (hasOthers && !files.includes('config.toml')) return false;
  return (
    (folders.includes('migrations') && isKnown) ||
    (folders.includes('schemas') && files.includes('config.toml'))
  );
}

type FindInFolder = (folder: Folder, prefix: string) => FoundFiles;

/** `findInFolder` reads a folder that is like any other. */
export function findInSupabaseFolder(folder: Folder, prefix: string, findInFolder: FindInFolder): FoundFiles {
  const config = readSupabaseConfig(
    folder.files.includes('config.toml') ? readFileSync(join(folder.path, 'config.toml'), 'utf8') : '',
  );
  const migrations = folder.folders.includes('migrations')
    ? joinFound(findMigrations(enter(folder, 'migrations'), `${prefix}migrations/`))
    : joinFound([]);
  const schema =
    migrations.files.length > 0
      ? migrations
      : joinFound([migrations, findSchemas(folder, prefix, config.schemaPaths, findInFolder)]);
  const seeds = config.seedIsOn ? findByPaths(folder, prefix, config.seedPaths) : joinFound([]);
  const taken = [...schema.files, ...seeds.files].map(({ name }) => name);
  const others = [
    ...folder.files
      .filter((name) => !taken.includes(prefix + name))
      .map((name) => leaveOut(prefix + name, reasonFor(name))),
    ...folder.folders
      .filter((name) => name !== 'migrations' && !taken.some((one) => one.startsWith(`${prefix}${name}/`)))
      .map((name) => leaveOut(`${prefix}${name}/`, reasonFor(name))),
  ];
  return joinFound([schema, seeds, ...others]);
}

function reasonFor(name: string): string {
  if (name === 'schemas') return 'the migrations are what the Supabase CLI applies';
  if (name === 'seed.sql' || name === 'seeds') return 'not among the seeds that config.toml names';
  if (name === 'roles.sql') return 'the Supabase CLI applies it only with --include-roles';
  return leaveOutFolder(name) ?? 'the Supabase CLI applies nothing of it';
}

function findMigrations(folder: Folder, prefix: string): FoundFiles[] {
  return [
    ...folder.files.map((name): FoundFiles => {
      const migration = migrationName(name);
      const reason =
        leaveOutFile(name, folder.files) ??
        (migration ? undefined : 'the Supabase CLI takes only names like 20250131120000_name.sql');
      if (reason !== undefined) return leaveOut(prefix + name, reason);
      return { files: [{ name: prefix + name, path: join(folder.path, name), migration }], leftOut: [] };
    }),
    ...folder.folders.map((name) => leaveOut(`${prefix}${name}/`, 'the Supabase CLI takes no subfolders')),
  ];
}

/** A declarative schema, from which no migration has been made yet. */
function findSchemas(
  folder: Folder,
  prefix: string,
  paths: readonly string[],
  findInFolder: FindInFolder,
): FoundFiles {
  if (paths.length > 0) return findByPaths(folder, prefix, paths);
  return folder.folders.includes('schemas')
    ? findInFolder(enter(folder, 'schemas'), `${prefix}schemas/`)
    : joinFound([]);
}

/** Patterns relative to the folder, in their order; what each finds is in byte order. */
function findByPaths(folder: Folder, prefix: string, patterns: readonly string[]): FoundFiles {
  const files = new Map<string, FoundFile>();
  for (const pattern of patterns)
    for (const found of globSync(pattern, { cwd: folder.path }).toSorted(byBytes)) {
      const path = join(folder.path, found);
      const name = prefix + relative(folder.path, path).replaceAll(sep, '/');
      if (isSql(name)) files.set(name, files.get(name) ?? { name, path, migration: undefined });
    }
  return { files: [...files.values()], leftOut: [] };
}
