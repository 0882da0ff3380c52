import { json, type Answer, type Operation, type ProviderRequest } from '../exchange.ts';
import type { World } from '../world.ts';
import { keyBody, poolerBody } from './answers.ts';
import { hasKeys, newKey, statusOf, type SupabaseProject } from './project.ts';
import { findProject } from './projects.ts';
import { runSql } from './query.ts';
import { createKeyRequest, describeProblems, runQueryRequest } from './requests.ts';
import type { SupabaseState } from './state.ts';

const serviceNames = [
  'auth',
  'db',
  'db_postgres_user',
  'pooler',
  'realtime',
  'rest',
  'storage',
  'pg_bouncer',
];

type ProjectHandler = (project: SupabaseProject, request: ProviderRequest) => Answer | Promise<Answer>;

/** What a project offers once it is there: health, keys, the pooler's address, queries. */
export function serviceOperations(world: World, state: SupabaseState): Operation[] {
  const ofProject = (name: string, method: string, path: string, handle: ProjectHandler): Operation => ({
    name,
    method,
    path: `/v1/projects/:ref${path}`,
    handle(request) {
      const found = findProject(state, request, world);
      return 'refusal' in found ? found.refusal : handle(found.project, request);
    },
  });
  const status = (project: SupabaseProject) => statusOf(project, world.switches.timing, Date.now());
  const isHealthy = (project: SupabaseProject) => status(project) === 'ACTIVE_HEALTHY';
  const keysAreThere = (project: SupabaseProject) => hasKeys(project, world.switches.timing, Date.now());

  return [
    ofProject('getProjectHealth', 'GET', '/health', (project, request) => {
      const wanted = request.query
        .getAll('services')
        .flatMap((names) => names.split(','))
        .filter((name) => name !== '');
      if (wanted.length === 0 || wanted.some((name) => !serviceNames.includes(name))) {
        return json(400, { message: `services: each must be one of ${serviceNames.join(', ')}` });
      }
      if (status(project) === 'UNKNOWN') return json(503, { message: 'Failed to check service health' });
      const health = isHealthy(project) ? 'ACTIVE_HEALTHY' : 'COMING_UP';
      return json(
        200,
        wanted.map((name) => ({ name, healthy: isHealthy(project), status: health })),
      );
    }),
    ofProject('getApiKeys', 'GET', '/api-keys', (project, request) => {
      const isRevealed = request.query.get('reveal') === 'true';
      if (isRevealed && !world.switches.accounts.mayRevealSupabaseKeys) {
        return json(403, {
          message: 'Your access token lacks the permissions for this endpoint.',
          missing_permissions: ['api_gateway_keys_secret_read'],
        });
      }
      if (!keysAreThere(project)) return json(400, { message: 'API keys are not available yet.' });
      return json(
        200,
        project.keys.map((key) => keyBody(key, isRevealed)),
      );
    }),
    ofProject('createApiKey', 'POST', '/api-keys', (project, request) => {
      const parsed = createKeyRequest.safeParse(request.body);
      if (!parsed.success) return json(400, { message: describeProblems(parsed.error) });
      if (!keysAreThere(project)) return json(400, { message: 'API keys are not available yet.' });
      const { type, name, description } = parsed.data;
      if (project.keys.some((key) => key.type === type && key.name === name)) {
        return json(400, { message: `An API key named ${name} already exists.` });
      }
      const key = newKey(type, name, Date.now(), description ?? null);
      project.keys.push(key);
      return json(201, keyBody(key, request.query.get('reveal') === 'true'), {
        kind: 'changed',
        objectKind: 'supabase.project',
        objectId: project.id,
      });
    }),
    ofProject('getPoolerConfig', 'GET', '/config/database/pooler', (project) => {
      if (!isHealthy(project)) return json(400, { message: 'Pooler configuration is not available yet.' });
      return json(200, [poolerBody(project, world.pooler.host, world.pooler.port)]);
    }),
    ofProject('runQuery', 'POST', '/database/query', async (project, request) => {
      const parsed = runQueryRequest.safeParse(request.body);
      if (!parsed.success) return json(400, { message: describeProblems(parsed.error) });
      if (!isHealthy(project)) {
        return json(503, { message: 'Connection to the database timed out' });
      }
      const { host, port } = state.cluster;
      const { database, role } = project.names;
      const outcome = await runSql(
        { host, port, database, user: role, password: project.password },
        parsed.data,
      );
      if ('message' in outcome) return json(400, { message: outcome.message });
      const answer = json(201, outcome.rows);
      if (parsed.data.read_only === true) return answer;
      return { ...answer, effect: { kind: 'changed', objectKind: 'supabase.project', objectId: project.id } };
    }),
  ];
}
