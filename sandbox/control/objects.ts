import type { ObjectKind, ProviderName } from '../exchange.ts';
import type { GithubState } from '../github/state.ts';
import type { N8nState } from '../n8n/state.ts';
import type { StoredObject } from '../store.ts';
import { statusOf } from '../supabase/project.ts';
import type { SupabaseState } from '../supabase/state.ts';
import { aliasesOf, variableBody } from '../vercel/answers.ts';
import { progressOf } from '../vercel/deployment-progress.ts';
import type { VercelState } from '../vercel/state.ts';
import type { World } from '../world.ts';

/** An object that exists at a provider, whatever the provider's API shows of it. */
export interface SandboxObject {
  provider: ProviderName;
  kind: ObjectKind;
  id: string;
  name: string;
  createdAt: string;
  /** Made by a stranger, not through the API. */
  foreign: boolean;
  details: Record<string, unknown>;
}

/** The state of all four providers. */
export interface ProviderStates {
  supabase: SupabaseState;
  github: GithubState;
  vercel: VercelState;
  n8n: N8nState;
}

function describe(
  provider: ProviderName,
  kind: ObjectKind,
  object: StoredObject,
  details: Record<string, unknown>,
): SandboxObject {
  return {
    provider,
    kind,
    id: object.id,
    name: object.name,
    createdAt: new Date(object.createdAt).toISOString(),
    foreign: object.isForeign,
    details: { ...details, isBeingRemoved: object.removedAt !== undefined },
  };
}

/** Every live object; the template repository, which is part of the scenery, is not one. */
export function listObjects(world: World, states: ProviderStates): SandboxObject[] {
  const now = Date.now();
  const { timing } = world.switches;
  const { supabase, github, vercel, n8n } = states;
  return [
    ...supabase.projects.all().map((project) =>
      describe('supabase', 'supabase.project', project, {
        status: statusOf(project, timing, now),
        region: project.region,
        database: project.names.database,
      }),
    ),
    ...github.repositories
      .all()
      .filter(({ name, isTemplate }) => !(isTemplate && name === world.templateRepository))
      .map((repository) =>
        describe('github', 'github.repository', repository, {
          description: repository.description,
          private: repository.isPrivate,
          template: repository.template,
          hasContent: github.hasContent(repository),
        }),
      ),
    ...vercel.projects.all().map((project) =>
      describe('vercel', 'vercel.project', project, {
        accountId: project.accountId,
        link: project.link,
        framework: project.framework,
        rootDirectory: project.rootDirectory,
        domain: project.domain,
        environmentVariables: project.variables.map((variable) => {
          const { key, target, type, value } = variableBody(variable);
          return type === 'plain' ? { key, target, type, value } : { key, target, type };
        }),
      }),
    ),
    ...vercel.deployments.all().flatMap((deployment) => {
      const project = vercel.projects.get(deployment.projectId);
      if (project === undefined) return [];
      return describe('vercel', 'vercel.deployment', deployment, {
        projectId: deployment.projectId,
        target: deployment.target,
        meta: deployment.meta,
        aliases: aliasesOf(deployment, project, world),
        ...progressOf(deployment, timing, now),
      });
    }),
    ...n8n.workflows.all().map((workflow) => {
      n8n.registrations.isServed(workflow);
      return describe('n8n', 'n8n.workflow', workflow, {
        active: workflow.isActive,
        registered: workflow.registrations.some(({ state, isEnding }) => state === 'registered' && !isEnding),
        webhooks: workflow.registrations.map(({ method, path, state }) => ({ method, path, state })),
        archived: workflow.isArchived,
        executions: workflow.executions,
        nodes: workflow.nodes,
      });
    }),
  ];
}
