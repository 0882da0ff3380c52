/**
 * A preflight cannot change anything: its clients have no verb for it, and it knows nothing that could send one.
 *
 * What is said here of types, the compiler holds, which checks the tests too.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, expectTypeOf, test } from 'vitest';
import type { Permit } from '../../src/http/permit.ts';
import type { GithubClient } from '../../src/providers/github.ts';
import type { N8nClient } from '../../src/providers/n8n.ts';
import type { SupabaseClient } from '../../src/providers/supabase.ts';
import type { VercelClient } from '../../src/providers/vercel.ts';
import type { ReadOnly } from '../../src/steps/check.ts';
import type { OrphanSearch, ResourceType } from '../../src/steps/step.ts';

interface Clients {
  readonly supabase: SupabaseClient;
  readonly github: GithubClient;
  readonly vercel: VercelClient;
  readonly n8n: N8nClient;
}
type Readers = ReadOnly<Clients>;

const root = join(import.meta.dirname, '../../src');

function sourcesIn(folder: string): { path: string; text: string }[] {
  return readdirSync(join(root, folder), { encoding: 'utf8' }).map((name) => ({
    path: `${folder}/${name}`,
    text: readFileSync(join(root, folder, name), 'utf8'),
  }));
}

test('of every client exactly the reading verbs are left', () => {
  type Verbs<Name extends keyof Clients> = Exclude<keyof Clients[Name], keyof Readers[Name]>;
  expectTypeOf<Verbs<'supabase'>>().toEqualTypeOf<'createProject' | 'deleteProject' | 'query'>();
  expectTypeOf<Verbs<'github'>>().toEqualTypeOf<'generateRepository' | 'deleteRepository'>();
  expectTypeOf<Verbs<'vercel'>>().toEqualTypeOf<'createProject' | 'deleteProject' | 'createDeployment'>();
  expectTypeOf<Verbs<'n8n'>>().toEqualTypeOf<
    'createWorkflow' | 'deleteWorkflow' | 'publishWorkflow' | 'unpublishWorkflow'
  >();
  expectTypeOf<Readers['github']['findRepository']>().toEqualTypeOf<GithubClient['findRepository']>();
});

test('what only looks is given no more: for a name, for one object, for orphans', () => {
  type Resource = ResourceType<Clients, unknown>;
  expectTypeOf<Parameters<Resource['find']>[0]['providers']>().toEqualTypeOf<Readers>();
  expectTypeOf<Parameters<Resource['read']>[0]['providers']>().toEqualTypeOf<Readers>();
  expectTypeOf<Parameters<OrphanSearch<Clients>['list']>[0]>().toEqualTypeOf<Readers>();
  expectTypeOf<Parameters<OrphanSearch<Clients>['read']>[0]>().toEqualTypeOf<Readers>();
});

test('a verb of a newcomer’s client is taken away by its permit, whatever it is called', () => {
  interface Pages {
    list(): Promise<string[]>;
    find(name: string, page?: number): Promise<string | undefined>;
    polish(permit: Permit, name: string): Promise<void>;
    empty(permit: Permit): Promise<void>;
    readonly limit: number;
  }
  expectTypeOf<keyof ReadOnly<{ pages: Pages }>['pages']>().toEqualTypeOf<'list' | 'find' | 'limit'>();
});

describe.each([
  ['preflight', ['preflight', 'commands/preflight']],
  ['steps/checks', ['steps/checks']],
])('in src/%s', (_name, folders) => {
  test('nobody knows permits, or sends requests past the clients', () => {
    const sources = folders.flatMap(sourcesIn);
    expect(sources.length).toBeGreaterThan(4);
    const reaching = /from '[^']*\/(permit|request)\.ts'|\bPermit\b|\bfetch\(/;
    expect(sources.filter(({ text }) => reaching.test(text)).map(({ path }) => path)).toEqual([]);
  });
});

test('a dry run looks for names and calls nothing else of a resource', () => {
  const text = readFileSync(join(root, 'preflight/plan-resources.ts'), 'utf8');
  const called = [...text.matchAll(/\btype\.(\w+)\(/g)].map(([, verb]) => verb);
  expect(new Set(called)).toEqual(new Set(['find', 'nameFor']));
});
