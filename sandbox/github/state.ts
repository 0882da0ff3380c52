import { randomInt } from 'node:crypto';
import { randomHex } from '../random.ts';
import { createStore, type Store, type StoredObject } from '../store.ts';
import { removalMs, type World } from '../world.ts';

/** A repository; its id is numeric, kept as text like every object's. */
export interface Repository extends StoredObject {
  description: string | null;
  isPrivate: boolean;
  isTemplate: boolean;
  /** `owner/name` of the template, if any. */
  template: string | undefined;
  defaultBranch: string;
  sha: string;
  topics: string[];
  /** False for content that is there from the start. */
  isCopied: boolean;
}

/** What a new repository needs. */
export interface RepositoryOrder {
  name: string;
  description?: string | null;
  isPrivate?: boolean;
  isTemplate?: boolean;
  template?: string;
  isForeign?: boolean;
  createdAt?: number;
}

/** The GitHub side of a sandbox: one organization. */
export interface GithubState {
  readonly repositories: Store<Repository>;
  create(order: RepositoryOrder): Repository;
  remove(repository: Repository): void;
  rename(repository: Repository, name: string): void;
  /** By its present name, in any case of letters. */
  findByName(name: string): Repository | undefined;
  /** By a name that it had before it was renamed. */
  findByFormerName(name: string): Repository | undefined;
  /** Since when the content is there, or will be. */
  contentAt(repository: Repository): number;
  hasContent(repository: Repository): boolean;
  /** Whether Vercel's index knows the repository. */
  isSeenByVercel(repository: Repository): boolean;
  /** Whether Vercel's index knows the repository's first commit. */
  isContentSeenByVercel(repository: Repository): boolean;
  /** Empties the organization but for the template. */
  clear(): void;
}

/** An organization with nothing but the template repository. */
export function createGithubState(world: World): GithubState {
  const repositories = createStore<Repository>({
    removalMs: () => removalMs(world, 'github.repository'),
  });
  const formerNames = new Map<string, string>();
  let nextId = randomInt(700_000_000, 900_000_000);
  const same = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

  function create(order: RepositoryOrder): Repository {
    nextId += randomInt(1, 50);
    const repository: Repository = {
      id: String(nextId),
      name: order.name,
      createdAt: order.createdAt ?? Date.now(),
      isForeign: order.isForeign ?? false,
      description: order.description ?? null,
      isPrivate: order.isPrivate ?? false,
      isTemplate: order.isTemplate ?? false,
      template: order.template,
      defaultBranch: 'main',
      sha: randomHex(40),
      topics: [],
      isCopied: order.template !== undefined,
    };
    repositories.add(repository);
    formerNames.delete(order.name.toLowerCase());
    return repository;
  }
  function addTemplate(): void {
    const yearAgo = Date.now() - 365 * 24 * 3600 * 1000;
    create({
      name: world.templateRepository,
      description: 'What every client starts with',
      isPrivate: true,
      isTemplate: true,
      createdAt: yearAgo,
    });
  }
  function contentAt(repository: Repository): number {
    const { repositoryContentAfterMs } = world.switches.timing;
    return repository.createdAt + (repository.isCopied ? repositoryContentAfterMs : 0);
  }
  const lagMs = (): number => world.switches.timing.vercelSeesRepositoryAfterMs;

  addTemplate();
  return {
    repositories,
    create,
    remove(repository) {
      repository.removedAt ??= Date.now();
    },
    rename(repository, name) {
      formerNames.set(repository.name.toLowerCase(), repository.id);
      formerNames.delete(name.toLowerCase());
      repository.name = name;
    },
    findByName: (name) => repositories.find((repository) => same(repository.name, name)),
    findByFormerName: (name) => repositories.get(formerNames.get(name.toLowerCase()) ?? ''),
    contentAt,
    hasContent: (repository) =>
      !(repository.isTemplate && world.switches.accounts.isTemplateEmpty) &&
      Date.now() >= contentAt(repository),
    isSeenByVercel: (repository) => Date.now() >= repository.createdAt + lagMs(),
    isContentSeenByVercel: (repository) => Date.now() >= contentAt(repository) + lagMs(),
    clear() {
      repositories.clear();
      formerNames.clear();
      addTemplate();
    },
  };
}
