import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from 'vitest';
import { goodAccounts, type Accounts } from '../../sandbox/accounts.ts';
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
  untilStatus,
  type TestSandbox,
} from './support.ts';
import { anyText, listWith, objectWith, textLike, textWith } from './matchers.ts';

let sandbox: TestSandbox;
beforeAll(async () => {
  sandbox = await openSandbox();
});
afterEach(() => sandbox.control.reset());
afterAll(() => sandbox.stop());

const control = (verb: string, body?: unknown) =>
  request(`${sandbox.urls.control}/${verb}`, 'POST', body === undefined ? {} : { body });

describe('the journal', () => {
  test('has every request in order, with what it did to which object', async () => {
    const id = await createWorkflow(sandbox, 'Client acme', 'acme');
    await sandbox.n8n(`GET /api/v1/workflows/${id}?excludePinnedData=true`);
    await sandbox.n8n(`DELETE /api/v1/workflows/${id}`);
    await sandbox.n8n(`DELETE /api/v1/workflows/${id}`);
    const object = { objectKind: 'n8n.workflow', objectId: id };
    expect(sandbox.control.journal()).toMatchObject([
      {
        sequence: 1,
        provider: 'n8n',
        operation: 'createWorkflow',
        method: 'POST',
        status: 200,
        effect: 'created',
        ...object,
      },
      {
        sequence: 2,
        operation: 'getWorkflow',
        path: `/api/v1/workflows/${id}?excludePinnedData=true`,
        effect: 'none',
      },
      { sequence: 3, operation: 'deleteWorkflow', status: 200, effect: 'deleted', ...object },
      { sequence: 4, operation: 'deleteWorkflow', status: 404, effect: 'none', outcome: 'answered' },
    ]);
    expect(sandbox.control.journal(3)).toHaveLength(1);
  });
  test('never has a token, a password or a sensitive value', async () => {
    await healthyProject(sandbox, 'acme');
    await generate(sandbox, 'acme');
    await sandbox.vercel(`POST /v11/projects${team(sandbox)}`, {
      body: {
        name: 'acme',
        environmentVariables: [
          { key: 'A', value: 'very-sensitive', type: 'sensitive', target: ['production'] },
        ],
      },
    });
    await createWorkflow(sandbox, 'Client acme', 'acme');
    const written = JSON.stringify(sandbox.control.journal());
    const secrets = ['SUPABASE_MANAGEMENT_TOKEN', 'GITHUB_TOKEN', 'VERCEL_TOKEN', 'N8N_API_KEY'].map((name) =>
      sandbox.variable(name),
    );
    for (const secret of [...secrets, 'a-long-password', 'very-sensitive'])
      expect(written).not.toContain(secret);
    expect(written).toContain('"db_pass":"sha256:');
  });
  test('names what it does not know', async () => {
    await sandbox.github('GET /nowhere');
    expect(sandbox.control.journal()).toMatchObject([{ operation: 'unknown', status: 404 }]);
  });
});

describe('the objects', () => {
  test('are the truth about all providers, in detail', async () => {
    await sandbox.supabase('POST /v1/projects', { body: projectOrder(sandbox, 'acme') });
    await linkedProject(sandbox, 'acme-app');
    const id = await createWorkflow(sandbox, 'Client acme', 'acme');
    await sandbox.n8n(`POST /api/v1/workflows/${id}/publish`);
    expect(sandbox.control.objects()).toMatchObject([
      { provider: 'supabase', kind: 'supabase.project', name: 'acme', foreign: false },
      { provider: 'github', kind: 'github.repository', name: 'acme-app', details: { private: true } },
      {
        provider: 'vercel',
        kind: 'vercel.project',
        details: { link: { repository: textLike(/\/acme-app$/) } },
      },
      {
        provider: 'n8n',
        kind: 'n8n.workflow',
        id,
        details: { active: true, nodes: [{ id: 'webhook' }, {}] },
      },
    ]);
  });
  test('show plain variables, and only the names of others', async () => {
    await sandbox.vercel(`POST /v11/projects${team(sandbox)}`, {
      body: {
        name: 'acme',
        environmentVariables: [
          { key: 'A', value: 'open', type: 'plain', target: ['production'] },
          { key: 'B', value: 'hidden', type: 'sensitive', target: ['production'] },
        ],
      },
    });
    expect(sandbox.control.objects()).toMatchObject([
      {
        details: {
          environmentVariables: [
            { key: 'A', value: 'open', type: 'plain', target: ['production'] },
            { key: 'B', type: 'sensitive', target: ['production'] },
          ],
        },
      },
    ]);
    expect(JSON.stringify(sandbox.control.objects())).not.toContain('hidden');
  });
  test('of a stranger are marked, and seen by the providers like any other', async () => {
    const project = await sandbox.control.createForeign('supabase.project', 'client-acme-prod');
    const repository = await sandbox.control.createForeign('github.repository', 'acme', {
      description: 'mine',
    });
    const vercel = await sandbox.control.createForeign('vercel.project', 'acme', { variables: { A: 'b' } });
    const deployment = await sandbox.control.createForeign('vercel.deployment', 'acme', {
      projectId: vercel,
    });
    const workflow = await sandbox.control.createForeign('n8n.workflow', 'Client acme', {
      active: true,
      path: 'acme',
    });
    expect(sandbox.control.objects().map(({ id, foreign }) => [id, foreign])).toEqual(
      [project, repository, vercel, deployment, workflow].map((id) => [id, true]),
    );
    await untilStatus(() => sandbox.supabase(`GET /v1/projects/${project}/api-keys`), 200);
    expect(await generate(sandbox, 'acme')).toMatchObject({ status: 422 });
    expect(
      await sandbox.vercel(`POST /v11/projects${team(sandbox)}`, { body: { name: 'acme' } }),
    ).toMatchObject({
      status: 409,
    });
    expect(await request(`${sandbox.urls.n8n}/webhook/acme`, 'POST', { body: {} })).toMatchObject({
      status: 200,
    });
    const id = await createWorkflow(sandbox, 'Client acme', 'acme');
    expect(await sandbox.n8n(`POST /api/v1/workflows/${id}/publish`)).toMatchObject({ status: 409 });
  });
  test('can be removed behind the API’s back', async () => {
    const id = await createWorkflow(sandbox, 'Client acme', 'acme');
    sandbox.control.removeObject('n8n.workflow', id);
    expect(await sandbox.n8n(`GET /api/v1/workflows/${id}`)).toMatchObject({ status: 404 });
    expect(sandbox.control.objects()).toEqual([]);
  });
});

describe('a receiver', () => {
  const deliver = (name: string, body: string) =>
    request(`${sandbox.urls.control}/receiver/${name}`, 'POST', { body, headers: { 'webhook-id': 'msg_1' } });

  test('keeps the exact text and the headers of every delivery', async () => {
    const text = '{"a": 1 ,"b":"ü"}';
    expect(await deliver('acme', text)).toMatchObject({ status: 200 });
    await deliver('other', '{}');
    expect(sandbox.control.receivedCallbacks('acme')).toMatchObject([
      { name: 'acme', body: text, headers: { 'webhook-id': 'msg_1' } },
    ]);
    expect(sandbox.control.receivedCallbacks()).toHaveLength(2);
  });
  test('answers as told, one status after the other', async () => {
    sandbox.control.setReceiver('acme', { statuses: [500, 302, 200], location: 'https://example.com/' });
    const statuses = [];
    for (let count = 0; count < 4; count += 1) statuses.push((await deliver('acme', '{}')).status);
    expect(statuses).toEqual([500, 302, 200, 200]);
    sandbox.control.setReceiver('acme', { status: 410, delayMs: 50 });
    const before = performance.now();
    expect(await deliver('acme', '{}')).toMatchObject({ status: 410 });
    expect(performance.now() - before).toBeGreaterThan(45);
  });
});

describe('over HTTP', () => {
  test('every verb is documented with the body it takes', async () => {
    const { body } = await request(`${sandbox.urls.control}/`, 'GET');
    const verbs = Object.keys(sandbox.control).toSorted();
    expect(body).toMatchObject({
      verbs: listWith([objectWith({ name: 'addFault' })]),
    });
    expect(documentedVerbs(body)).toEqual(verbs);
  });
  test('faults, timing and switches are set, and the truth is read', async () => {
    const added = await control('addFault', {
      provider: 'n8n',
      operation: 'createWorkflow',
      mode: 'error-after',
    });
    expect(added).toMatchObject({ status: 200, body: { id: anyText } });
    expect(await control('setTiming', { webhookRegisteredAfterMs: 5 })).toMatchObject({ status: 204 });
    expect(await control('revokeToken', { provider: 'github' })).toMatchObject({ status: 204 });
    await sandbox.n8n('POST /api/v1/workflows', { body: {} });
    expect((await control('faults')).body).toMatchObject([{ fired: 1 }]);
    expect((await request(`${sandbox.urls.control}/journal?after=0`, 'GET')).body).toMatchObject([
      { sequence: 1 },
    ]);
    const foreign = await control('createForeign', {
      kind: 'n8n.workflow',
      name: 'x',
      details: { active: true, path: 'p' },
    });
    expect((await request(`${sandbox.urls.control}/objects`, 'GET')).body).toMatchObject([
      { id: field(foreign, 'id'), foreign: true, details: { registered: true } },
    ]);
    expect(await sandbox.github('GET /user')).toMatchObject({ status: 401 });
  });
  test('what is not understood is refused with the reason', async () => {
    expect(await control('addFault', { provider: 'n8n', operation: '*', mode: 'explode' })).toMatchObject({
      status: 400,
      body: { message: textWith('mode') },
    });
    expect(await control('setTiming', { unknownMs: 5 })).toMatchObject({ status: 400 });
    expect(await control('nothing')).toMatchObject({ status: 404 });
  });
});

describe('a reset', () => {
  test('leaves nothing of what was made, set or recorded', async () => {
    const project = await healthyProject(sandbox, 'acme');
    await generate(sandbox, 'acme');
    sandbox.control.addFault({ provider: 'github', operation: '*', mode: 'hang-before', times: -1 });
    sandbox.control.revokeToken('vercel');
    sandbox.control.setQuotaReached(true);
    await request(`${sandbox.urls.control}/receiver/acme`, 'POST', { body: {} });
    await sandbox.control.reset();
    expect(sandbox.control.objects()).toEqual([]);
    expect(sandbox.control.journal()).toEqual([]);
    expect(sandbox.control.faults()).toEqual([]);
    expect(sandbox.control.receivedCallbacks()).toEqual([]);
    expect(await sandbox.vercel('GET /v2/user')).toMatchObject({ status: 200 });
    expect(await generate(sandbox, 'acme')).toMatchObject({ status: 201 });
    const client = new pg.Client({ connectionString: inject('postgresUrl') });
    await client.connect();
    const { rows } = await client.query(`select datname from pg_database where datname like '%${project}%'`);
    await client.end();
    expect(rows).toEqual([]);
  });
});

describe('leftovers of a sandbox that was killed', () => {
  test('are dropped on demand, those of living ones are not', async () => {
    const ref = await healthyProject(sandbox, 'acme');
    const client = new pg.Client({ connectionString: inject('postgresUrl') });
    await client.connect();
    try {
      await client.query('create role "postgres.abandonedref"');
      await client.query('create database sandbox_abandoned_abandonedref owner postgres');
      const other = await openSandbox({ removesLeftovers: true });
      await other.stop();
      const { rows } = await client.query<{ name: string }>(
        `select datname as name from pg_database union all select rolname from pg_roles`,
      );
      const names = rows.map(({ name }) => name);
      expect(names.filter((name) => name.includes('abandoned'))).toEqual([]);
      expect(names.filter((name) => name.includes(ref))).toHaveLength(2);
    } finally {
      await client.end();
    }
  });
});

function documentedVerbs(body: unknown): string[] {
  const names = JSON.stringify(body).matchAll(/"name":"(\w+)","description"/g);
  return [...names].map(([, name = '']) => name).toSorted();
}

describe('the accounts', () => {
  const set = (accounts: Partial<Accounts>) => sandbox.control.setAccounts(accounts);
  test('a free plan takes two active projects', async () => {
    set({ supabasePlan: 'free' });
    const slug = sandbox.variable('SUPABASE_ORG_ID');
    expect(field(await sandbox.supabase(`GET /v1/organizations/${slug}`), 'plan')).toBe('free');
    const create = (name: string) =>
      sandbox.supabase('POST /v1/projects', { body: projectOrder(sandbox, name) });
    expect([(await create('a')).status, (await create('b')).status]).toEqual([201, 201]);
    expect(await create('c')).toMatchObject({ status: 400, body: { message: textWith('project limit') } });
  });

  test('a Supabase token of a project sees no organization and creates nothing', async () => {
    set({ supabaseTokenScope: 'project' });
    expect((await sandbox.supabase('GET /v1/organizations')).body).toEqual([]);
    const body = projectOrder(sandbox, 'a');
    expect(await sandbox.supabase('POST /v1/projects', { body })).toMatchObject({ status: 403 });
  });

  test('a fine-grained GitHub token has no headers about scopes, and deletes what it administers', async () => {
    set({ githubTokenKind: 'fine-grained' });
    sandbox.control.setGithubScopes([]);
    const path = `/repos/${sandbox.variable('GITHUB_ORG')}/a`;
    const { headers } = await generate(sandbox, 'a');
    expect(headers.get('x-oauth-scopes')).toBeNull();
    set({ isGithubAdministrator: false });
    expect(await sandbox.github(`DELETE ${path}`)).toMatchObject({ status: 403 });
    set({ isGithubAdministrator: true });
    expect(await sandbox.github(`DELETE ${path}`)).toMatchObject({ status: 204 });
  });

  test('a template that is not marked, or is empty, is not copied', async () => {
    set({ isTemplateMarked: false });
    expect(await generate(sandbox, 'a')).toMatchObject({ status: 404 });
    set({ isTemplateMarked: true, isTemplateEmpty: true });
    expect(await generate(sandbox, 'a')).toMatchObject({ status: 422 });
    const name = sandbox.variable('GITHUB_TEMPLATE_REPO');
    const branches = `GET /repos/${sandbox.variable('GITHUB_ORG')}/${name}/branches`;
    expect((await sandbox.github(branches)).body).toEqual([]);
  });

  test.each([
    ['an app on chosen repositories', { githubAppAccess: 'selected' }, 400],
    ['an app that is suspended', { githubAppAccess: 'suspended' }, 400],
    ['the Hobby plan', { vercelPlan: 'hobby' }, 400],
    ['a role that may only look', { vercelRole: 'VIEWER' }, 403],
  ] as const)('%s links no repository', async (_what, accounts, status) => {
    sandbox.control.setTiming({ vercelSeesRepositoryAfterMs: 0 });
    await generate(sandbox, 'a');
    const repo = `${sandbox.variable('GITHUB_ORG')}/a`;
    const body = { name: 'a', gitRepository: { type: 'github', repo } };
    set(accounts);
    expect(await sandbox.vercel(`POST /v11/projects${team(sandbox)}`, { body })).toMatchObject({ status });
    set(goodAccounts);
    expect(await sandbox.vercel(`POST /v11/projects${team(sandbox)}`, { body })).toMatchObject({
      status: 200,
    });
  });

  test('an n8n key does what it has scopes for, and tells them', async () => {
    const id = await createWorkflow(sandbox, 'Client acme', 'acme');
    set({ n8nScopes: ['workflow:read'] });
    expect(await sandbox.n8n(`GET /api/v1/workflows/${id}`)).toMatchObject({ status: 200 });
    const refused = { status: 403, body: { message: 'Forbidden' } };
    expect(await sandbox.n8n('GET /api/v1/workflows')).toMatchObject(refused);
    expect(await sandbox.n8n(`DELETE /api/v1/workflows/${id}`)).toMatchObject(refused);
    expect(await sandbox.n8n(`POST /api/v1/workflows/${id}/publish`)).toMatchObject(refused);
    expect((await sandbox.n8n('GET /api/v1/discover')).body).toMatchObject({
      data: { scopes: ['workflow:read'] },
    });
  });

  test('can be set over HTTP, and a reset makes them good again', async () => {
    expect(await control('setAccounts', { vercelPlan: 'gold' })).toMatchObject({ status: 400 });
    expect(await control('setAccounts', { vercelPlan: 'hobby' })).toMatchObject({ status: 204 });
    const read = async () =>
      (await sandbox.vercel(`GET /v2/teams/${sandbox.variable('VERCEL_TEAM_ID')}`)).body;
    expect(await read()).toMatchObject({ billing: { plan: 'hobby' } });
    set({ isVercelTokenLimited: true });
    expect(await read()).toMatchObject({ limited: true });
    await sandbox.control.reset();
    expect(await read()).toMatchObject({ billing: { plan: 'pro' } });
  });
});
