/** Answers of the sandbox, held against the facts about each vendor's API. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { readFacts, vendorFacts } from '../helpers/vendor-facts/read-facts.ts';
import type { ProviderName } from '../../sandbox/sandbox.ts';
import {
  createWorkflow,
  field,
  generate,
  healthyProject,
  linkedProject,
  openSandbox,
  projectOrder,
  request,
  team,
  until,
  untilStatus,
  workflowOrder,
  type Reply,
  type TestSandbox,
} from './support.ts';

/** Holds answers against the facts, and remembers which of them it has seen. */
function checker(vendor: ProviderName) {
  const description = readFacts(vendor);
  const { operations } = vendorFacts[vendor];
  const seen = new Set<string>();
  const problems: string[] = [];
  return {
    problems,
    /** The status must be the one meant, and the body be as the facts say. */
    check: (operation: string, status: number, reply: Reply): void => {
      seen.add(`${operation} ${status}`);
      const error = description.answer(operation, status)?.safeParse(reply.body).error;
      if (reply.status === status && error === undefined) return;
      const found = error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) ?? [];
      problems.push(
        `${operation} ${status}: ${reply.status} ${found.join('; ')} in ${reply.text.slice(0, 300)}`,
      );
    },
    /** The answers of the facts that were not seen. */
    unseen: (): string[] =>
      Object.entries(operations)
        .flatMap(([operation, { answers }]) => Object.keys(answers).map((status) => `${operation} ${status}`))
        .filter((answer) => !seen.has(answer)),
  };
}

describe('answers are as the facts about each vendor say', () => {
  let sandbox: TestSandbox;
  beforeAll(async () => {
    sandbox = await openSandbox();
  });
  afterAll(() => sandbox.stop());

  test('Supabase', async () => {
    const { check, problems, unseen } = checker('supabase');
    const slug = sandbox.variable('SUPABASE_ORG_ID');
    check('GET /v1/organizations', 200, await sandbox.supabase('GET /v1/organizations'));
    check('GET /v1/organizations/{slug}', 200, await sandbox.supabase(`GET /v1/organizations/${slug}`));
    check(
      'GET /v1/projects/available-regions',
      200,
      await sandbox.supabase(`GET /v1/projects/available-regions?organization_slug=${slug}`),
    );
    const order = projectOrder(sandbox, 'contract');
    check('POST /v1/projects', 201, await sandbox.supabase('POST /v1/projects', { body: order }));
    const ref = await healthyProject(sandbox, 'contract-2');
    check('GET /v1/projects/{ref}', 200, await sandbox.supabase(`GET /v1/projects/${ref}`));
    const nowhere = 'GET /v1/projects/abcdefghijklmnopqrst';
    check('GET /v1/projects/{ref}', 404, await sandbox.supabase(nowhere));
    check(
      'GET /v1/organizations/{slug}/projects',
      200,
      await sandbox.supabase(`GET /v1/organizations/${slug}/projects`),
    );
    check(
      'GET /v1/projects/{ref}/health',
      200,
      await sandbox.supabase(`GET /v1/projects/${ref}/health?services=db,auth,rest,storage,pooler`),
    );
    const keys = `GET /v1/projects/${ref}/api-keys?reveal=true`;
    check('GET /v1/projects/{ref}/api-keys', 200, await sandbox.supabase(keys));
    sandbox.control.setAccounts({ mayRevealSupabaseKeys: false });
    check('GET /v1/projects/{ref}/api-keys', 403, await sandbox.supabase(keys));
    check(
      'GET /v1/projects/{ref}/config/database/pooler',
      200,
      await sandbox.supabase(`GET /v1/projects/${ref}/config/database/pooler`),
    );
    check(
      'POST /v1/projects/{ref}/database/query',
      201,
      await sandbox.supabase(`POST /v1/projects/${ref}/database/query`, { body: { query: 'select 1' } }),
    );
    check('DELETE /v1/projects/{ref}', 200, await sandbox.supabase(`DELETE /v1/projects/${ref}`));
    check(
      'GET /v1/projects/{ref}',
      400,
      await untilStatus(() => sandbox.supabase(`GET /v1/projects/${ref}`), 400),
    );
    expect(problems).toEqual([]);
    expect(unseen()).toEqual([]);
  });

  test('GitHub', async () => {
    const { check, problems, unseen } = checker('github');
    const owner = sandbox.variable('GITHUB_ORG');
    const path = `/repos/${owner}/contract`;
    const generated = await generate(sandbox, 'contract', { description: 'd' });
    check('POST /repos/{template_owner}/{template_repo}/generate', 201, generated);
    const id = field(generated, 'id');
    const branches = await until(
      () => sandbox.github(`GET ${path}/branches`),
      ({ body }) => Array.isArray(body) && body.length > 0,
    );
    check('GET /repos/{owner}/{repo}/branches', 200, branches);
    const branch = 'GET /repos/{owner}/{repo}/branches/{branch}';
    check(branch, 200, await sandbox.github(`GET ${path}/branches/main`));
    check(branch, 404, await sandbox.github(`GET ${path}/branches/none`));
    check('GET /repos/{owner}/{repo}', 200, await sandbox.github(`GET ${path}`));
    check('GET /repos/{owner}/{repo}', 404, await sandbox.github(`GET /repos/${owner}/missing`));
    check('GET /repositories/{id}', 200, await sandbox.github(`GET /repositories/${id}`));
    check('GET /repositories/{id}', 404, await sandbox.github('GET /repositories/1'));
    check('GET /orgs/{org}', 200, await sandbox.github(`GET /orgs/${owner}`));
    check('GET /orgs/{org}/repos', 200, await sandbox.github(`GET /orgs/${owner}/repos`));
    check('GET /orgs/{org}/installations', 200, await sandbox.github(`GET /orgs/${owner}/installations`));
    const membership = 'GET /user/memberships/orgs/{org}';
    check(membership, 200, await sandbox.github(`GET /user/memberships/orgs/${owner}`));
    check(membership, 404, await sandbox.github('GET /user/memberships/orgs/another'));
    sandbox.control.setAccounts({ githubTokenKind: 'fine-grained' });
    check(membership, 403, await sandbox.github(`GET /user/memberships/orgs/${owner}`));
    sandbox.control.setAccounts({ githubTokenKind: 'classic' });
    sandbox.control.renameObject('github.repository', id, 'renamed');
    const moved = await untilStatus(() => sandbox.github(`GET ${path}`), 301);
    check('GET /repos/{owner}/{repo}', 301, moved);
    check('DELETE /repos/{owner}/{repo}', 204, await sandbox.github(`DELETE /repos/${owner}/renamed`));
    expect(problems).toEqual([]);
    expect(unseen()).toEqual([]);
  });

  test('Vercel', async () => {
    const { check, problems, unseen } = checker('vercel');
    const call = (operation: string, more = '', body?: unknown) =>
      sandbox.vercel(operation + team(sandbox, more), { body });
    check('GET /v2/user', 200, await sandbox.vercel('GET /v2/user'));
    check('GET /v2/teams/{teamId}', 200, await call(`GET /v2/teams/${sandbox.variable('VERCEL_TEAM_ID')}`));
    check(
      'GET /v1/integrations/git-namespaces',
      200,
      await call('GET /v1/integrations/git-namespaces', '&provider=github'),
    );
    const order = {
      name: 'contract-2',
      environmentVariables: [{ key: 'A', value: 'b', type: 'sensitive', target: ['production'] }],
    };
    check('POST /v11/projects', 200, await call('POST /v11/projects', '', order));
    const project = await linkedProject(sandbox, 'contract-1');
    check('POST /v11/projects', 200, project);
    const id = field(project, 'id');
    const repository = sandbox.control.objects().find(({ name }) => name === 'contract-1');
    const deployment = {
      name: 'contract-1',
      project: id,
      target: 'production',
      gitSource: { type: 'github', repoId: Number(repository?.id), ref: 'main' },
      meta: { mark: 'm' },
    };
    const deploy = () => call('POST /v13/deployments', '', deployment);
    const deployed = await untilStatus(deploy, 200);
    check('POST /v13/deployments', 200, deployed);
    const readDeployment = (reply: Reply) => call(`GET /v13/deployments/${field(reply, 'id')}`);
    check('GET /v13/deployments/{id}', 200, await readDeployment(deployed));
    sandbox.control.setTiming({ deploymentReadyAfterMs: 0 });
    sandbox.control.setDeploymentOutcome('BLOCKED');
    for (const vercelBlock of ['none', 'author-not-in-team', 'commit-not-verified'] as const) {
      sandbox.control.setAccounts({ vercelBlock });
      const blocked = await readDeployment(await deploy());
      check('GET /v13/deployments/{id}', 200, blocked);
      expect(field(blocked, 'readyState')).toBe('BLOCKED');
    }
    check('GET /v6/deployments', 200, await call('GET /v6/deployments', `&projectId=${id}`));
    check('GET /v10/projects/{projectId}/env', 200, await call(`GET /v10/projects/${id}/env`));
    check('GET /v9/projects/{idOrName}', 200, await call(`GET /v9/projects/${id}`));
    check('GET /v10/projects', 200, await call('GET /v10/projects'));
    check('DELETE /v9/projects/{projectId}', 204, await call(`DELETE /v9/projects/${id}`));
    const gone = await untilStatus(() => call(`GET /v9/projects/${id}`), 404);
    check('GET /v9/projects/{idOrName}', 404, gone);
    expect(problems).toEqual([]);
    expect(unseen()).toEqual([]);
  });

  describe('n8n', () => {
    const { check, problems, unseen } = checker('n8n');
    const others: TestSandbox[] = [];
    afterEach(async () => {
      await Promise.all(others.splice(0).map((other) => other.stop()));
    });

    test('of the newest generation', async () => {
      check('GET /discover', 200, await sandbox.n8n('GET /api/v1/discover'));
      const order = workflowOrder('contract', 'contract');
      check('POST /workflows', 200, await sandbox.n8n('POST /api/v1/workflows', { body: order }));
      const id = await createWorkflow(sandbox, 'contract-2', 'contract-2');
      const path = `/api/v1/workflows/${id}`;
      check('POST /workflows/{id}/publish', 200, await sandbox.n8n(`POST ${path}/publish`, { body: {} }));
      check('POST /workflows/{id}/activate', 200, await sandbox.n8n(`POST ${path}/activate`, { body: {} }));
      check('GET /workflows/{id}', 200, await sandbox.n8n(`GET ${path}`));
      check('GET /workflows', 200, await sandbox.n8n('GET /api/v1/workflows?limit=1'));
      check('DELETE /workflows/{id}', 409, await sandbox.n8n(`DELETE ${path}`));
      check('POST /workflows/{id}/unpublish', 200, await sandbox.n8n(`POST ${path}/unpublish`, { body: {} }));
      const deactivated = await sandbox.n8n(`POST ${path}/deactivate`, { body: {} });
      check('POST /workflows/{id}/deactivate', 200, deactivated);
      check('DELETE /workflows/{id}', 200, await untilStatus(() => sandbox.n8n(`DELETE ${path}`), 200));
      check('GET /workflows/{id}', 404, await untilStatus(() => sandbox.n8n(`GET ${path}`), 404));
      const webhook = `${sandbox.urls.n8n}/webhook/nobody/has/this`;
      check('GET /webhook/{path}', 404, await request(webhook, 'GET'));
      const origin = { origin: sandbox.urls.n8n };
      check('OPTIONS /webhook/{path}', 204, await request(webhook, 'OPTIONS', { headers: origin }));
      expect(problems).toEqual([]);
    });

    test.each([
      ['1.122', 404],
      ['1.123', 405],
    ] as const)('of %s', async (version, unknownRoute) => {
      const older = await openSandbox({ n8n: version });
      others.push(older);
      check('GET /discover', 404, await older.n8n('GET /api/v1/discover'));
      const path = `/api/v1/workflows/${await createWorkflow(older, 'contract', 'contract')}`;
      for (const words of ['publish', 'unpublish']) {
        const refused = await older.n8n(`POST ${path}/${words}`, { body: {} });
        check(`POST /workflows/{id}/${words}`, unknownRoute, refused);
      }
      check('POST /workflows/{id}/activate', 200, await older.n8n(`POST ${path}/activate`, { body: {} }));
      check('GET /workflows/{id}', 200, await older.n8n(`GET ${path}`));
      check('GET /workflows', 200, await older.n8n('GET /api/v1/workflows'));
      check('POST /workflows/{id}/deactivate', 200, await older.n8n(`POST ${path}/deactivate`, { body: {} }));
      expect(problems).toEqual([]);
    });

    test('in all', () => {
      expect(unseen()).toEqual([]);
    });
  });
});

describe('the check of answers', () => {
  test('finds a missing field and a wrong type', () => {
    const schema = readFacts('supabase').answer('GET /v1/organizations', 200);
    expect(schema?.safeParse([{ slug: 'a', name: 'a' }]).success).toBe(true);
    expect(schema?.safeParse([{ name: 'a' }]).success).toBe(false);
    expect(schema?.safeParse([{ slug: 1 }]).success).toBe(false);
  });
});

describe('of a body, the sandbox refuses what the facts do not allow', () => {
  let sandbox: TestSandbox;
  beforeAll(async () => {
    sandbox = await openSandbox();
  });
  afterAll(() => sandbox.stop());

  const deployment = { name: 'a', project: 'b', gitSource: { type: 'github', repoId: 1, ref: 'main' } };
  const bodies: [ProviderName, string, (own: TestSandbox) => { path: string; body: object }][] = [
    ['supabase', 'POST /v1/projects', (own) => ({ path: '/v1/projects', body: projectOrder(own, 'bodies') })],
    [
      'github',
      'POST /repos/{template_owner}/{template_repo}/generate',
      (own) => {
        const template = `${own.variable('GITHUB_ORG')}/${own.variable('GITHUB_TEMPLATE_REPO')}`;
        return {
          path: `/repos/${template}/generate`,
          body: { owner: own.variable('GITHUB_ORG'), name: 'bodies', private: true },
        };
      },
    ],
    [
      'vercel',
      'POST /v11/projects',
      (own) => ({ path: `/v11/projects${team(own)}`, body: { name: 'bodies' } }),
    ],
    [
      'vercel',
      'POST /v13/deployments',
      (own) => ({ path: `/v13/deployments${team(own)}`, body: deployment }),
    ],
    [
      'n8n',
      'POST /workflows',
      () => ({ path: '/api/v1/workflows', body: workflowOrder('bodies', 'bodies') }),
    ],
  ];

  describe.each(bodies)('%s %s', (vendor, operation, orderOf) => {
    const { body: shape } = vendorFacts[vendor].operations[operation] ?? {};
    const send = (change: Record<string, unknown>) => {
      const { path, body } = orderOf(sandbox);
      return sandbox[vendor](`POST ${path}`, { body: { ...body, ...change } });
    };
    const isInvalid = ({ status }: Reply) => status === 400 || status === 422;

    test('each field that must be there', async () => {
      const required = Array.isArray(shape?.['required']) ? shape['required'].map(String) : [];
      expect(required.length).toBeGreaterThan(0);
      for (const name of required)
        expect(isInvalid(await send({ [name]: undefined })), `without ${name}`).toBe(true);
    });

    test('each field of a wrong type', async () => {
      const names = Object.keys(shape?.['properties'] ?? {});
      expect(names.length).toBeGreaterThan(0);
      for (const name of names)
        expect(isInvalid(await send({ [name]: ['wrong'] })), `with a wrong ${name}`).toBe(true);
    });

    test('a field that nobody knows, where the vendor does so', async () => {
      const isClosed = shape?.['additionalProperties'] === false;
      expect(isInvalid(await send({ nobodyKnowsThis: 'a' }))).toBe(isClosed);
    });
  });
});
