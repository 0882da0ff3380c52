import { hasFolder } from '../github/template-files.ts';
import { randomAlphanumeric, randomLowercase } from '../random.ts';
import { createStore, type Store, type StoredObject } from '../store.ts';
import { removalMs, type DeploymentOutcome, type World } from '../world.ts';

/** Where a variable applies. */
export type Target = 'production' | 'preview' | 'development';

/** An environment variable of a project. */
export interface Variable {
  id: string;
  key: string;
  value: string;
  type: 'system' | 'secret' | 'encrypted' | 'plain' | 'sensitive';
  target: Target[];
  gitBranch?: string | undefined;
  createdAt: number;
}

/** A project's link to a GitHub repository. */
export interface RepositoryLink {
  repoId: number;
  /** `owner/name`. */
  repository: string;
}

/** A project of a team, or of the user's own account. */
export interface VercelProject extends StoredObject {
  accountId: string;
  /** Null: Vercel finds out. */
  framework: string | null;
  /** Null: the repository's root. */
  rootDirectory: string | null;
  link: RepositoryLink | undefined;
  variables: Variable[];
  /** The production domain, without a scheme. */
  domain: string;
}

/** A deployment of a project. */
export interface Deployment extends StoredObject {
  projectId: string;
  target: 'production' | null;
  meta: Record<string, string>;
  url: string;
  ref: string;
  sha: string;
  /** What it ends as, unless it is cancelled. */
  outcome: DeploymentOutcome;
  /** Why it ends as an ERROR. */
  buildError?: { errorCode: string; errorMessage: string };
  cancelledAt?: number;
}

/** What a new project needs. */
export interface ProjectOrder {
  name: string;
  accountId: string;
  framework?: string | null;
  rootDirectory?: string | null;
  link?: RepositoryLink | undefined;
  isForeign?: boolean;
  createdAt?: number;
}

/** What a new deployment needs. */
export interface DeploymentOrder {
  target: 'production' | null;
  meta: Record<string, string>;
  ref: string;
  sha: string;
  isForeign?: boolean;
}

/** The Vercel side of a sandbox. */
export interface VercelState {
  readonly projects: Store<VercelProject>;
  readonly deployments: Store<Deployment>;
  create(order: ProjectOrder): VercelProject;
  deploy(project: VercelProject, order: DeploymentOrder): Deployment;
  remove(project: VercelProject): void;
  clear(): void;
}

const brokenBuild = { errorCode: 'BUILD_FAILED', errorMessage: 'Command "npm run build" exited with 1' };

/** As the log of a build shows it: https://github.com/vercel/commerce/issues/986. */
function noRootDirectory(path: string) {
  return {
    errorCode: 'NOW_SANDBOX_WORKER_ROOTDIR_NOT_EXIST',
    errorMessage: `The specified Root Directory "${path}" does not exist. Please update your Project Settings.`,
  };
}

/** No projects yet. */
export function createVercelState(world: World): VercelState {
  const deployments = createStore<Deployment>({
    removalMs: () => removalMs(world, 'vercel.deployment'),
  });
  const projects = createStore<VercelProject>({
    removalMs: () => removalMs(world, 'vercel.project'),
    onGone(project) {
      for (const deployment of deployments.all()) {
        if (deployment.projectId === project.id) deployment.removedAt = -Infinity;
      }
    },
  });

  /** The list pages by time of creation, so no two may share one. */
  function nextTime(): number {
    return Math.max(Date.now(), (deployments.all().at(-1)?.createdAt ?? 0) + 1);
  }
  /** `<name>.vercel.app` is one name space for all accounts there are. */
  function freeDomain(name: string): string {
    const wanted = `${name}.vercel.app`;
    const isTaken = projects.find(({ domain }) => domain === wanted) !== undefined;
    return isTaken ? `${name}-${randomLowercase(6)}.vercel.app` : wanted;
  }
  /** A build begins by going into the project's root directory. */
  function outcomeOf({ rootDirectory }: VercelProject): Pick<Deployment, 'outcome' | 'buildError'> {
    const outcome = world.switches.deploymentOutcome;
    if (rootDirectory !== null && !hasFolder(rootDirectory))
      return { outcome: 'ERROR', buildError: noRootDirectory(rootDirectory) };
    return { outcome, ...(outcome === 'ERROR' ? { buildError: brokenBuild } : {}) };
  }
  return {
    projects,
    deployments,
    create(order) {
      const { name, accountId, framework = null, rootDirectory = null, link } = order;
      const { isForeign = false, createdAt = Date.now() } = order;
      const project: VercelProject = {
        id: `prj_${randomAlphanumeric(28)}`,
        name,
        createdAt,
        isForeign,
        accountId,
        framework,
        rootDirectory,
        link,
        variables: [],
        domain: freeDomain(name),
      };
      projects.add(project);
      return project;
    },
    deploy(project, { isForeign = false, ...order }) {
      const deployment: Deployment = {
        id: `dpl_${randomAlphanumeric(28)}`,
        name: project.name,
        createdAt: nextTime(),
        isForeign,
        projectId: project.id,
        url: `${project.name}-${randomLowercase(9)}-${world.teamSlug}.vercel.app`,
        ...outcomeOf(project),
        ...order,
      };
      deployments.add(deployment);
      return deployment;
    },
    remove(project) {
      project.removedAt ??= Date.now();
    },
    clear() {
      projects.clear();
      deployments.clear();
    },
  };
}

/** A fresh variable. */
export function createVariable(order: Omit<Variable, 'id' | 'createdAt'>): Variable {
  return { ...order, id: randomAlphanumeric(16), createdAt: Date.now() };
}
