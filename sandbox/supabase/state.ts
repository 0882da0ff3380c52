import { randomLetters, randomAlphanumeric } from '../random.ts';
import { createStore, type Store } from '../store.ts';
import { removalMs, type World } from '../world.ts';
import { databaseNames, type Cluster } from './cluster.ts';
import type { PoolerRoute } from './pooler.ts';
import { initialKeys, type SupabaseProject } from './project.ts';

/** The Supabase side of a sandbox. */
export interface SupabaseState {
  readonly projects: Store<SupabaseProject>;
  readonly cluster: Cluster;
  /** Adds a project at once and builds its database meanwhile. */
  create(order: ProjectOrder): SupabaseProject;
  /** Starts a removal: the project is going down, its database is dropped. */
  remove(project: SupabaseProject): void;
  /** Where the pooler leads a user: to the database of the project that the name carries. */
  routeOf(user: string): PoolerRoute;
  /** Waits for the drops under way and drops every other database. */
  clear(): Promise<void>;
}

/** What a new project needs. */
export interface ProjectOrder {
  name: string;
  region: string;
  password?: string;
  isForeign?: boolean;
  createdAt?: number;
}

/** No projects yet. */
export function createSupabaseState(
  world: World,
  cluster: Cluster,
  log: (message: string) => void,
): SupabaseState {
  const projects = createStore<SupabaseProject>({
    removalMs: () => removalMs(world, 'supabase.project'),
  });
  const drops = new Set<Promise<void>>();

  async function build(project: SupabaseProject): Promise<void> {
    try {
      await cluster.createProject(project.names, project.password);
      project.database = 'ready';
    } catch (error) {
      project.database = 'failed';
      log(`supabase: no database for project ${project.id}: ${String(error)}`);
    }
  }
  function drop(project: SupabaseProject): Promise<void> {
    const dropping = project.built
      .then(() => cluster.dropProject(project.names))
      .catch((error: unknown) => log(`supabase: project ${project.id} not dropped: ${String(error)}`))
      .finally(() => drops.delete(dropping));
    drops.add(dropping);
    return dropping;
  }
  return {
    projects,
    cluster,
    create({ name, region, password = randomAlphanumeric(24), isForeign = false, createdAt = Date.now() }) {
      const ref = randomLetters(20);
      const project: SupabaseProject = {
        id: ref,
        name,
        createdAt,
        isForeign,
        region,
        password,
        names: databaseNames(world.instance, ref),
        database: 'building',
        built: Promise.resolve(),
        keys: initialKeys(ref, world.legacyKeysOnly, createdAt),
      };
      project.built = build(project);
      projects.add(project);
      return project;
    },
    remove(project) {
      if (project.removedAt !== undefined) return;
      project.removedAt = Date.now();
      void drop(project);
    },
    routeOf(user) {
      const project = projects
        .all()
        .find(({ names, removedAt }) => names.role === user && removedAt === undefined);
      if (project !== undefined) return { database: project.names.database };
      return { refusal: { code: 'XX000', message: `(ENOTFOUND) tenant/user ${user} not found` } };
    },
    async clear() {
      const remaining = projects.all().filter(({ removedAt }) => removedAt === undefined);
      projects.clear();
      await Promise.all([...remaining.map(drop), ...drops]);
    },
  };
}
