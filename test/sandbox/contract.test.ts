import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { workflowRequest } from '../../src/sandbox/n8n/requests.ts';
import { createProjectRequest } from '../../src/sandbox/supabase/requests.ts';
import * as vercelRequests from '../../src/sandbox/vercel/requests.ts';
import { hasDescriptions, readDescription, type Description } from '../helpers/openapi.ts';
import {
  createWorkflow,
  field,
  generate,
  healthyProject,
  linkedProject,
  openSandbox,
  projectOrder,
  team,
  until,
  untilStatus,
  workflowOrder,
  type Reply,
  type TestSandbox,
} from './support.ts';
import { listWith } from './matchers.ts';

/** Every answer must be documented with its status, and its body be as described. */
function expectAsDescribed(description: Description, operation: string, reply: Reply): void {
  const schema = description.answer(operation, reply.status);
  if (schema === undefined) return;
  const { error } = schema.safeParse(reply.body);
  expect(error?.issues ?? [], `${operation} ${reply.status}: ${reply.text.slice(0, 300)}`).toEqual([]);
}

describe.runIf(hasDescriptions)('answers are as the vendor describes them', () => {
  let sandbox: TestSandbox;
  beforeAll(async () => {
    sandbox = await openSandbox();
  });
  afterAll(() => sandbox.stop());

  test('Supabase', async () => {
    const description = readDescription('supabase');
    const check = (operation: string, reply: Reply) => expectAsDescribed(description, operation, reply);
    const slug = sandbox.variable('SUPABASE_ORG_ID');
    const order = projectOrder(sandbox, 'contract');
    expect(description.body('POST /v1/projects').safeParse(order).error).toBeUndefined();
    check('POST /v1/projects', await sandbox.supabase('POST /v1/projects', { body: order }));
    const ref = await healthyProject(sandbox, 'contract-2');
    check('GET /v1/projects/{ref}', await sandbox.supabase(`GET /v1/projects/${ref}`));
    check('GET /v1/organizations', await sandbox.supabase('GET /v1/organizations'));
    check(
      'GET /v1/organizations/{slug}/projects',
      await sandbox.supabase(`GET /v1/organizations/${slug}/projects`),
    );
    check(
      'GET /v1/projects/available-regions',
      await sandbox.supabase(`GET /v1/projects/available-regions?organization_slug=${slug}`),
    );
    check(
      'GET /v1/projects/{ref}/health',
      await sandbox.supabase(`GET /v1/projects/${ref}/health?services=db,auth,rest,storage,pooler`),
    );
    check(
      'GET /v1/projects/{ref}/api-keys',
      await sandbox.supabase(`GET /v1/projects/${ref}/api-keys?reveal=true`),
    );
    check(
      'POST /v1/projects/{ref}/api-keys',
      await sandbox.supabase(`POST /v1/projects/${ref}/api-keys`, {
        body: { type: 'secret', name: 'worker' },
      }),
    );
    check(
      'GET /v1/projects/{ref}/config/database/pooler',
      await sandbox.supabase(`GET /v1/projects/${ref}/config/database/pooler`),
    );
    check(
      'POST /v1/projects/{ref}/database/query',
      await sandbox.supabase(`POST /v1/projects/${ref}/database/query`, { body: { query: 'select 1' } }),
    );
    check('DELETE /v1/projects/{ref}', await sandbox.supabase(`DELETE /v1/projects/${ref}`));
  });

  test('GitHub', async () => {
    const description = readDescription('github');
    const check = (operation: string, reply: Reply) => expectAsDescribed(description, operation, reply);
    const owner = sandbox.variable('GITHUB_ORG');
    const path = `/repos/${owner}/contract`;
    const generation = 'POST /repos/{template_owner}/{template_repo}/generate';
    const order = { owner, name: 'contract', private: true, include_all_branches: false, description: 'd' };
    expect(description.body(generation).safeParse(order).error).toBeUndefined();
    check(generation, await generate(sandbox, 'contract'));
    await until(
      () => sandbox.github(`GET ${path}/branches`),
      ({ body }) => Array.isArray(body) && body.length > 0,
    );
    check('GET /repos/{owner}/{repo}', await sandbox.github(`GET ${path}`));
    check('GET /repos/{owner}/{repo}', await sandbox.github(`GET /repos/${owner}/missing`));
    check('GET /repos/{owner}/{repo}/branches', await sandbox.github(`GET ${path}/branches`));
    check('GET /repos/{owner}/{repo}/branches/{branch}', await sandbox.github(`GET ${path}/branches/main`));
    check('GET /repos/{owner}/{repo}/git/ref/{ref}', await sandbox.github(`GET ${path}/git/ref/heads/main`));
    check(
      'PUT /repos/{owner}/{repo}/topics',
      await sandbox.github(`PUT ${path}/topics`, { body: { names: ['a'] } }),
    );
    check('GET /orgs/{org}', await sandbox.github(`GET /orgs/${owner}`));
    check('GET /orgs/{org}/repos', await sandbox.github(`GET /orgs/${owner}/repos`));
    check('GET /orgs/{org}/installations', await sandbox.github(`GET /orgs/${owner}/installations`));
    check('GET /rate_limit', await sandbox.github('GET /rate_limit'));
    check('DELETE /repos/{owner}/{repo}', await sandbox.github(`DELETE ${path}`));
  });

  test('Vercel', async () => {
    const description = readDescription('vercel');
    const check = (operation: string, reply: Reply) => expectAsDescribed(description, operation, reply);
    const order = {
      name: 'contract-2',
      environmentVariables: [{ key: 'A', value: 'b', type: 'sensitive', target: ['production'] }],
    };
    expect(description.body('POST /v11/projects').safeParse(order).error).toBeUndefined();
    check('POST /v11/projects', await sandbox.vercel(`POST /v11/projects${team(sandbox)}`, { body: order }));
    const project = await linkedProject(sandbox, 'contract-1');
    check('POST /v11/projects', project);
    const id = field(project, 'id');
    const repository = sandbox.control.objects().find(({ name }) => name === 'contract-1');
    const deployment = {
      name: 'contract-1',
      project: id,
      target: 'production',
      gitSource: { type: 'github', repoId: Number(repository?.id), ref: 'main' },
      meta: { mark: 'm' },
    };
    expect(description.body('POST /v13/deployments').safeParse(deployment).error).toBeUndefined();
    const deployed = await untilStatus(
      () => sandbox.vercel(`POST /v13/deployments${team(sandbox)}`, { body: deployment }),
      200,
    );
    check('POST /v13/deployments', deployed);
    const path = `/v13/deployments/${field(deployed, 'id')}`;
    check('GET /v13/deployments/{idOrUrl}', await sandbox.vercel(`GET ${path}${team(sandbox)}`));
    check(
      'GET /v6/deployments',
      await sandbox.vercel(`GET /v6/deployments${team(sandbox, `&projectId=${id}`)}`),
    );
    const variables = [{ key: 'B', value: 'c', type: 'encrypted', target: ['preview'] }];
    check(
      'POST /v10/projects/{idOrName}/env',
      await sandbox.vercel(`POST /v10/projects/${id}/env${team(sandbox, '&upsert=true')}`, {
        body: variables,
      }),
    );
    check(
      'GET /v10/projects/{idOrName}/env',
      await sandbox.vercel(`GET /v10/projects/${id}/env${team(sandbox)}`),
    );
    check('GET /v9/projects/{idOrName}', await sandbox.vercel(`GET /v9/projects/${id}${team(sandbox)}`));
    check('GET /v10/projects', await sandbox.vercel(`GET /v10/projects${team(sandbox)}`));
    sandbox.control.setTiming({ deploymentReadyAfterMs: 60_000 });
    check(
      'PATCH /v12/deployments/{id}/cancel',
      await sandbox.vercel(`PATCH /v12${path.slice(4)}/cancel${team(sandbox)}`),
    );
    check(
      'DELETE /v9/projects/{idOrName}',
      await sandbox.vercel(`DELETE /v9/projects/${id}${team(sandbox)}`),
    );
  });

  test('n8n', async () => {
    const description = readDescription('n8n');
    const check = (operation: string, reply: Reply) => expectAsDescribed(description, operation, reply);
    const order = workflowOrder('contract', 'contract');
    expect(description.body('POST /workflows').safeParse(order).error).toBeUndefined();
    check('POST /workflows', await sandbox.n8n('POST /api/v1/workflows', { body: order }));
    const id = await createWorkflow(sandbox, 'contract-2', 'contract-2');
    const path = `/api/v1/workflows/${id}`;
    check('POST /workflows/{workflowId}/publish', await sandbox.n8n(`POST ${path}/publish`));
    check('POST /workflows/{workflowId}/activate', await sandbox.n8n(`POST ${path}/activate`));
    check('GET /workflows/{workflowId}', await sandbox.n8n(`GET ${path}`));
    check('GET /workflows', await sandbox.n8n('GET /api/v1/workflows'));
    check('PUT /workflows/{workflowId}', await sandbox.n8n(`PUT ${path}`, { body: order }));
    check('POST /workflows/{workflowId}/unpublish', await sandbox.n8n(`POST ${path}/unpublish`));
    check('POST /workflows/{workflowId}/deactivate', await sandbox.n8n(`POST ${path}/deactivate`));
    check('GET /discover', await sandbox.n8n('GET /api/v1/discover'));
    check('DELETE /workflows/{workflowId}', await untilStatus(() => sandbox.n8n(`DELETE ${path}`), 200));
  });
});

describe.runIf(hasDescriptions)('the check of answers', () => {
  test('finds a missing field and a wrong type', () => {
    const schema = readDescription('supabase').answer('GET /v1/organizations', 200);
    expect(schema?.safeParse([{ id: 'a', slug: 'a', name: 'a' }]).success).toBe(true);
    expect(schema?.safeParse([{ id: 'a', slug: 'a' }]).success).toBe(false);
    expect(schema?.safeParse([{ id: 'a', slug: 'a', name: 1 }]).success).toBe(false);
  });
});

describe.runIf(hasDescriptions)('a strict body takes the fields that the vendor names, and no others', () => {
  test('Supabase project', () => {
    const fields = readDescription('supabase').bodyFields('POST /v1/projects');
    expect(Object.keys(createProjectRequest.shape).toSorted()).toEqual(fields.toSorted());
  });
  test('Vercel project', () => {
    const fields = readDescription('vercel').bodyFields('POST /v11/projects');
    expect(Object.keys(vercelRequests.createProjectRequest.shape).toSorted()).toEqual(fields.toSorted());
  });
  test('Vercel deployment', () => {
    const fields = readDescription('vercel').bodyFields('POST /v13/deployments');
    expect(Object.keys(vercelRequests.createDeploymentRequest.shape).toSorted()).toEqual(fields.toSorted());
  });
  test('n8n workflow, but for what is read-only', () => {
    const fields = readDescription('n8n').bodyFields('POST /workflows');
    expect(fields).toEqual(listWith(Object.keys(workflowRequest.shape)));
  });
});
