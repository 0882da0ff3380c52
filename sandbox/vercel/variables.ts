import { z } from 'zod';
import { json, type Answer, type Operation, type ProviderRequest } from '../exchange.ts';
import type { World } from '../world.ts';
import { variableBody, vercelError } from './answers.ts';
import { describeProblem, variableRequest, type VariableRequest } from './requests.ts';
import { withProject } from './scope.ts';
import { createVariable, type Variable, type VercelProject, type VercelState } from './state.ts';

const upsertRequest = z.union([variableRequest, z.array(variableRequest)]);

interface Failure {
  error: { code: string; message: string; key: string; envVarKey: string; target: string[] };
}

function overlapping(project: VercelProject, wanted: VariableRequest): Variable | undefined {
  return project.variables.find(
    ({ key, target, gitBranch }) =>
      key === wanted.key &&
      gitBranch === wanted.gitBranch &&
      target.some((environment) => wanted.target.includes(environment)),
  );
}

function conflict({ key, target }: VariableRequest): Failure {
  return {
    error: {
      code: 'ENV_CONFLICT',
      message: `A variable with the name \`${key}\` already exists for the target ${target.join(',')}`,
      key,
      envVarKey: key,
      target,
    },
  };
}

/**
 * One variable among several is allowed to fail: the answer is still 201, with the failure in `failed`.
 * An overlapping variable with other targets is such a failure even for an upsert.
 */
function apply(project: VercelProject, wanted: VariableRequest, isUpsert: boolean): Variable | Failure {
  const { comment: _comment, ...variable } = wanted;
  const existing = overlapping(project, wanted);
  if (existing === undefined) {
    const created = createVariable(variable);
    project.variables.push(created);
    return created;
  }
  const hasSameTargets = existing.target.toSorted().join() === wanted.target.toSorted().join();
  if (!isUpsert || !hasSameTargets) return conflict(wanted);
  if (existing.type === 'sensitive' && wanted.type !== 'sensitive') return conflict(wanted);
  existing.value = wanted.value;
  existing.type = wanted.type;
  return existing;
}

function upsert(project: VercelProject, request: ProviderRequest): Answer {
  const parsed = upsertRequest.safeParse(request.body);
  if (!parsed.success) {
    const single = variableRequest.safeParse(request.body);
    return vercelError(400, describeProblem(single.error ?? parsed.error));
  }
  const isList = Array.isArray(parsed.data);
  const wanted = [parsed.data].flat();
  const results = wanted.map((variable) => apply(project, variable, request.query.get('upsert') === 'true'));
  const created = results.flatMap((result) => ('error' in result ? [] : [variableBody(result)]));
  const failed = results.filter((result) => 'error' in result);
  const [first] = failed;
  if (!isList && first !== undefined) return json(400, first);
  const answer = json(201, { created: isList ? created : created[0], failed });
  if (created.length === 0) return answer;
  return { ...answer, effect: { kind: 'changed', objectKind: 'vercel.project', objectId: project.id } };
}

/** List and upsert. */
export function variableOperations(world: World, state: VercelState): Operation[] {
  const list = withProject(world, state, (project) =>
    json(200, { envs: project.variables.map(variableBody) }),
  );
  return [
    {
      name: 'listEnvironmentVariables',
      method: 'GET',
      path: '/v10/projects/:idOrName/env',
      handle: list,
    },
    { name: 'listEnvironmentVariables', method: 'GET', path: '/v9/projects/:idOrName/env', handle: list },
    {
      name: 'upsertEnvironmentVariables',
      method: 'POST',
      path: '/v10/projects/:idOrName/env',
      handle: withProject(world, state, upsert),
    },
  ];
}
