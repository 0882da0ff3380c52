/** Signs that a Vercel project is one of ours: the mark among its variables or, where nobody can read it, its link. */
import type {
  ListedVercelProject,
  VercelClient,
  VercelProject,
  VercelVariable,
} from '../providers/vercel.ts';
import type { ReadOnly } from './check.ts';
import { githubRepo } from './github-repo.ts';
import { uuid } from './mark.ts';
import type { Intent, ResourceContext } from './step.ts';

type Context = ResourceContext<ReadOnly<{ readonly vercel: VercelClient }>>;

const markKey = 'PROVISIONING_ID';
const idPattern = new RegExp(`^${uuid}$`);

/** The provisioning that the project's mark names: the mark is its id, which the application reads too. */
export function markAmong(variables: readonly VercelVariable[]): string | undefined {
  const value = variables.find(({ key }) => key === markKey)?.value;
  return value !== undefined && idPattern.test(value) ? value : undefined;
}

export function hasMark(variables: readonly VercelVariable[]): boolean {
  return variables.some(({ key }) => key === markKey);
}

/** A team's policy can make every variable sensitive: then nobody is shown the mark's value again. */
export function isMarkHidden(variables: readonly VercelVariable[]): boolean {
  return variables.some(({ key, type }) => key === markKey && type === 'sensitive');
}

/**
 * True where a project whose mark cannot be read is ours by its link: to the repository that this provisioning has
 * made. The engine also compares when it was created with the time of the call.
 */
export async function isLinkedToOurs(
  found: VercelProject,
  intent: Intent,
  context: Context,
): Promise<boolean> {
  if (!intent.mayExist || found.createdAt === undefined || found.link?.repoId === undefined) return false;
  return found.link.repoId === (await context.outputOf(githubRepo)).githubRepositoryId;
}

/** All projects with a mark that cannot be read and a link to the repository of this provisioning, of whatever name. */
export async function listLinkedToOurs(context: Context): Promise<ListedVercelProject[]> {
  const { vercel } = context.providers;
  const { githubRepositoryId } = await context.outputOf(githubRepo);
  const linked: ListedVercelProject[] = [];
  for (const found of await vercel.listProjects({ repositoryId: githubRepositoryId })) {
    // The filter is Vercel's, and what is found may be deleted.
    if (found.link?.repoId !== githubRepositoryId || found.createdAt === undefined) continue;
    if (isMarkHidden(found.env ?? (await vercel.listVariables(found.id)))) linked.push(found);
  }
  return linked;
}
