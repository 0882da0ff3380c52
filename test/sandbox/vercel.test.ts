import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import {
  field,
  generate,
  linkedProject,
  openSandbox,
  team,
  until,
  untilStatus,
  type TestSandbox,
} from './support.ts';
import { listWith, objectWith, textLike } from './matchers.ts';

let sandbox: TestSandbox;
beforeAll(async () => {
  sandbox = await openSandbox();
});
afterEach(() => sandbox.control.reset());
afterAll(() => sandbox.stop());

const create = (name: string, more: object = {}) =>
  sandbox.vercel(`POST /v11/projects${team(sandbox)}`, { body: { name, ...more } });
const linkTo = (repository: string) => ({
  gitRepository: { type: 'github', repo: `${sandbox.variable('GITHUB_ORG')}/${repository}` },
});
const error = (code: string, message?: RegExp) => ({
  error: objectWith({
    code,
    ...(message === undefined ? {} : { message: textLike(message) }),
  }),
});

describe('creating a project', () => {
  test('is answered 200, with its variables in the same call', async () => {
    const reply = await create('acme-app', {
      framework: 'nextjs',
      environmentVariables: [
        { key: 'CLIENT_ID', value: 'acme', type: 'plain', target: ['production', 'preview'] },
        { key: 'SECRET', value: 'hidden', type: 'sensitive', target: ['production'] },
      ],
    });
    expect(reply).toMatchObject({
      status: 200,
      body: {
        id: textLike(/^prj_/),
        name: 'acme-app',
        framework: 'nextjs',
        accountId: sandbox.variable('VERCEL_TEAM_ID'),
      },
    });
    const variables = await sandbox.vercel(`GET /v10/projects/${field(reply, 'id')}/env${team(sandbox)}`);
    expect(variables.body).toMatchObject({
      envs: [
        { key: 'CLIENT_ID', value: 'acme', type: 'plain', target: ['production', 'preview'] },
        { key: 'SECRET', value: '', type: 'sensitive', target: ['production'] },
      ],
    });
    expect(reply.text).not.toContain('hidden');
  });
  test('of a taken name is a conflict, but only within the team', async () => {
    await create('acme-app');
    expect(await create('acme-app')).toMatchObject({
      status: 409,
      body: error('conflict', /Project "acme-app" already exists, please use a new name\./),
    });
    expect(await sandbox.vercel('POST /v11/projects', { body: { name: 'acme-app' } })).toMatchObject({
      status: 200,
    });
  });
  test('refuses fields it does not know, and names that are none', async () => {
    expect(await create('acme-app', { tags: [] })).toMatchObject({
      status: 400,
      body: error('bad_request', /should NOT have additional property `tags`/),
    });
    for (const name of ['Acme', 'a---b', 'a'.repeat(101)]) {
      expect(await create(name)).toMatchObject({ status: 400, body: error('bad_request') });
    }
  });
  test('refuses a framework that it does not know', async () => {
    expect(await create('acme-app', { framework: 'other' })).toMatchObject({
      status: 400,
      body: error(
        'bad_request',
        /^Invalid request: `framework` should be equal to one of the allowed values "/,
      ),
    });
  });
  test('takes a root directory that is nowhere, and refuses one that is no relative path', async () => {
    expect(await create('acme-app', { rootDirectory: 'nowhere' })).toMatchObject({
      status: 200,
      body: { rootDirectory: 'nowhere' },
    });
    for (const rootDirectory of ['/apps/web', './apps/web', 'apps/../web'])
      expect(await create('acme-2', { rootDirectory })).toMatchObject({
        status: 400,
        body: error('invalid_root_directory'),
      });
  });
  test('keeps its variables as sensitive ones where the team wants that, but for development', async () => {
    sandbox.control.setAccounts({ vercelVariablePolicy: 'on' });
    const variable = (key: string, target: string[]) => ({ key, value: 'seen', type: 'plain', target });
    const environmentVariables = [variable('A', ['production', 'preview']), variable('B', ['development'])];
    await create('acme-app', { environmentVariables });
    const kept = await sandbox.vercel(`GET /v10/projects/acme-app/env${team(sandbox)}`);
    expect(kept.body).toMatchObject({
      envs: [
        { key: 'A', type: 'sensitive', value: '' },
        { key: 'B', type: 'plain', value: 'seen' },
      ],
    });
  });
  test('refuses a sensitive variable for development', async () => {
    const variable = { key: 'A', value: 'b', type: 'sensitive', target: ['development'] };
    expect(await create('acme-app', { environmentVariables: [variable] })).toMatchObject({ status: 400 });
  });
});

describe('linking a repository', () => {
  test('needs one that exists', async () => {
    expect(await create('acme-app', linkTo('nothing'))).toMatchObject({
      status: 400,
      body: error('repo_not_found'),
    });
  });
  test('of a fresh one is refused as if the GitHub app were missing, until Vercel sees it', async () => {
    sandbox.control.setTiming({ vercelSeesRepositoryAfterMs: 60_000 });
    const repository = await generate(sandbox, 'acme-app');
    expect(await create('acme-app', linkTo('acme-app'))).toMatchObject({
      status: 400,
      body: error('bad_request', /install the GitHub integration first/),
    });
    sandbox.control.setTiming({ vercelSeesRepositoryAfterMs: 0 });
    expect(await create('acme-app', linkTo('acme-app'))).toMatchObject({
      status: 200,
      body: {
        link: {
          type: 'github',
          repo: 'acme-app',
          repoId: Number(field(repository, 'id')),
          productionBranch: 'main',
        },
      },
    });
  });
  test('is refused for good while the GitHub app is missing', async () => {
    sandbox.control.setTiming({ vercelSeesRepositoryAfterMs: 0 });
    sandbox.control.setGithubAppInstalled(false);
    await generate(sandbox, 'acme-app');
    expect(await create('acme-app', linkTo('acme-app'))).toMatchObject({
      status: 400,
      body: { error: { action: 'Install GitHub App', link: 'https://github.com/apps/vercel' } },
    });
  });
});

describe('the team', () => {
  test('left out means the personal account, silently', async () => {
    const project = await create('acme-app');
    expect(await sandbox.vercel(`GET /v9/projects/${field(project, 'id')}`)).toMatchObject({
      status: 404,
      body: error('not_found'),
    });
    expect(await sandbox.vercel('GET /v10/projects')).toMatchObject({ body: { projects: [] } });
  });
  test('that is not the token’s is refused', async () => {
    expect(await sandbox.vercel('GET /v10/projects?teamId=team_other')).toMatchObject({
      status: 403,
      body: error('forbidden'),
    });
  });
  test('and the user can be read', async () => {
    const id = sandbox.variable('VERCEL_TEAM_ID');
    expect(await sandbox.vercel(`GET /v2/teams/${id}`)).toMatchObject({ status: 200, body: { id } });
    expect(await sandbox.vercel('GET /v2/user')).toMatchObject({
      status: 200,
      body: { user: { defaultTeamId: id } },
    });
  });
});

describe('projects', () => {
  test('are found by id and by name', async () => {
    const id = field(await create('acme-app'), 'id');
    for (const idOrName of [id, 'acme-app']) {
      expect((await sandbox.vercel(`GET /v9/projects/${idOrName}${team(sandbox)}`)).body).toMatchObject({
        id,
      });
    }
  });
  test('are listed newest first, in pages that follow one another', async () => {
    for (const name of ['a-1', 'a-2', 'a-3', 'b-1']) await create(name);
    const page = z.object({
      projects: z.array(z.object({ name: z.string() })),
      pagination: z.object({ next: z.string().nullable() }),
    });
    const first = page.parse(
      (await sandbox.vercel(`GET /v10/projects${team(sandbox, '&search=a-&limit=2')}`)).body,
    );
    expect(first.projects.map(({ name }) => name)).toEqual(['a-3', 'a-2']);
    const rest = await sandbox.vercel(
      `GET /v10/projects${team(sandbox, `&search=a-&limit=2&from=${first.pagination.next}`)}`,
    );
    expect(page.parse(rest.body)).toMatchObject({ projects: [{ name: 'a-1' }], pagination: { next: null } });
  });
  test('are found by their repository', async () => {
    const repoId = z
      .object({ link: z.object({ repoId: z.number() }) })
      .parse((await linkedProject(sandbox, 'acme-app')).body).link.repoId;
    await create('other');
    expect(
      (await sandbox.vercel(`GET /v10/projects${team(sandbox, `&repoId=${repoId}`)}`)).body,
    ).toMatchObject({
      projects: [{ name: 'acme-app' }],
      pagination: { count: 1 },
    });
  });
  test('have a domain of their own', async () => {
    await create('acme-app');
    expect((await sandbox.vercel(`GET /v9/projects/acme-app/domains${team(sandbox)}`)).body).toMatchObject({
      domains: [{ name: 'acme-app.vercel.app' }],
    });
  });
  test('are deleted with 204, and are 404 after a moment', async () => {
    const id = field(await create('acme-app'), 'id');
    expect(await sandbox.vercel(`DELETE /v9/projects/${id}${team(sandbox)}`)).toMatchObject({ status: 204 });
    await untilStatus(() => sandbox.vercel(`GET /v9/projects/${id}${team(sandbox)}`), 404);
    expect(sandbox.control.objects()).toEqual([]);
  });
  test('stay when their deletion is refused', async () => {
    const id = field(await create('acme-app'), 'id');
    sandbox.control.refuseDelete('vercel.project', true);
    expect(await sandbox.vercel(`DELETE /v9/projects/${id}${team(sandbox)}`)).toMatchObject({ status: 403 });
    expect(sandbox.control.objects()).toHaveLength(1);
  });
});

describe('environment variables', () => {
  const upsert = (body: unknown, query = '&upsert=true') =>
    sandbox.vercel(`POST /v10/projects/acme-app/env${team(sandbox, query)}`, { body });
  const variable = (value: string, more: object = {}) => ({
    key: 'A',
    value,
    type: 'plain',
    target: ['production', 'preview'],
    ...more,
  });

  test('are added and replaced', async () => {
    await create('acme-app');
    expect(await upsert(variable('1'))).toMatchObject({
      status: 201,
      body: { created: { key: 'A', value: '1' }, failed: [] },
    });
    expect(await upsert([variable('2')])).toMatchObject({
      status: 201,
      body: { created: [{ value: '2' }], failed: [] },
    });
    expect((await sandbox.vercel(`GET /v10/projects/acme-app/env${team(sandbox)}`)).body).toMatchObject({
      envs: [{ key: 'A', value: '2' }],
    });
  });
  test('that fail among others are named in a 201', async () => {
    await create('acme-app');
    await upsert(variable('1'));
    expect(
      await upsert([variable('2', { target: ['production'] }), variable('3', { key: 'B' })]),
    ).toMatchObject({
      status: 201,
      body: {
        created: [{ key: 'B' }],
        failed: [{ error: { code: 'ENV_CONFLICT', envVarKey: 'A', target: ['production'] } }],
      },
    });
  });
  test('are a conflict without upsert', async () => {
    await create('acme-app');
    await upsert(variable('1'), '');
    expect(await upsert(variable('2'), '')).toMatchObject({ status: 400, body: error('ENV_CONFLICT') });
  });
});

describe('a deployment', () => {
  const deploy = (more: object = {}, project = 'acme-app') => {
    const repository = sandbox.control.objects().find(({ kind }) => kind === 'github.repository');
    return sandbox.vercel(`POST /v13/deployments${team(sandbox, '&skipAutoDetectionConfirmation=1')}`, {
      body: {
        name: project,
        project,
        target: 'production',
        gitSource: { type: 'github', repoId: Number(repository?.id), ref: 'main' },
        meta: { mark: 'm-1' },
        ...more,
      },
    });
  };
  const deployed = async () => field(await untilStatus(() => deploy(), 200), 'id');
  const read = (id: string) => sandbox.vercel(`GET /v13/deployments/${id}${team(sandbox)}`);

  test('is refused until Vercel has seen the commit', async () => {
    await linkedProject(sandbox, 'acme-app');
    sandbox.control.setTiming({ vercelSeesRepositoryAfterMs: 60_000 });
    expect(await deploy()).toMatchObject({ status: 400, body: error('incorrect_git_source_info') });
    sandbox.control.setTiming({ vercelSeesRepositoryAfterMs: 0 });
    await untilStatus(() => deploy(), 200);
  });
  test('of another branch or commit is refused', async () => {
    await linkedProject(sandbox, 'acme-app');
    await deployed();
    for (const change of [{ ref: 'other' }, { ref: 'main', sha: '0'.repeat(40) }]) {
      const repoId = Number(sandbox.control.objects().find(({ kind }) => kind === 'github.repository')?.id);
      expect(await deploy({ gitSource: { type: 'github', repoId, ...change } })).toMatchObject({
        status: 400,
        body: error('incorrect_git_source_info'),
      });
    }
  });
  test('goes through its states to READY, and only then gets its alias', async () => {
    sandbox.control.setTiming({ deploymentReadyAfterMs: 300 });
    await linkedProject(sandbox, 'acme-app');
    const id = await deployed();
    const seen = new Set<string>();
    const ready = await until(
      async () => {
        const reply = await read(id);
        seen.add(`${field(reply, 'readyState')} ${field(reply, 'aliasAssigned')}`);
        return reply;
      },
      (reply) => field(reply, 'aliasAssigned') === 'true',
    );
    const order = ['QUEUED false', 'INITIALIZING false', 'BUILDING false', 'READY false', 'READY true'];
    expect([...seen]).toEqual(order.filter((state) => seen.has(state)));
    expect(seen.size).toBeGreaterThan(1);
    expect(ready.body).toMatchObject({
      alias: listWith(['acme-app.vercel.app']),
      aliasError: null,
    });
  });
  test.each(['ERROR', 'BLOCKED', 'CANCELED'] as const)('can end as %s, without an alias', async (outcome) => {
    sandbox.control.setDeploymentOutcome(outcome);
    await linkedProject(sandbox, 'acme-app');
    const id = await deployed();
    const ended = await until(
      () => read(id),
      (reply) => field(reply, 'readyState') === outcome,
    );
    expect(ended.body).toMatchObject({ aliasAssigned: false });
  });
  test('of a root directory that the repository does not have ends as ERROR, and names it', async () => {
    await generate(sandbox, 'acme-app');
    const order = { ...linkTo('acme-app'), rootDirectory: 'apps/shop' };
    await untilStatus(() => create('acme-app', order), 200);
    const id = await deployed();
    const ended = await until(
      () => read(id),
      (reply) => field(reply, 'readyState') === 'ERROR',
    );
    expect(ended.body).toMatchObject({
      errorCode: 'NOW_SANDBOX_WORKER_ROOTDIR_NOT_EXIST',
      errorMessage: textLike(/The specified Root Directory "apps\/shop" does not exist/),
    });
  });
  test('is listed with its meta, for its project and commit', async () => {
    await linkedProject(sandbox, 'acme-app');
    const id = await deployed();
    const project = await sandbox.vercel(`GET /v9/projects/acme-app${team(sandbox)}`);
    const list = (query: string) => sandbox.vercel(`GET /v6/deployments${team(sandbox, query)}`);
    expect((await list(`&projectId=${field(project, 'id')}`)).body).toMatchObject({
      deployments: [{ uid: id, meta: { mark: 'm-1' }, target: 'production' }],
      pagination: { count: 1, next: null },
    });
    expect((await list(`&sha=${'0'.repeat(40)}`)).body).toMatchObject({ deployments: [] });
  });
  test('lists in pages by time', async () => {
    await linkedProject(sandbox, 'acme-app');
    const ids = [await deployed(), await deployed(), await deployed()];
    const page = z.object({
      deployments: z.array(z.object({ uid: z.string() })),
      pagination: z.object({ next: z.number().nullable() }),
    });
    const list = async (more: string) =>
      page.parse((await sandbox.vercel(`GET /v6/deployments${team(sandbox, `&limit=2${more}`)}`)).body);
    const first = await list('');
    const second = await list(`&until=${first.pagination.next}`);
    expect([...first.deployments, ...second.deployments].map(({ uid }) => uid)).toEqual(ids.toReversed());
    expect(second.pagination.next).toBeNull();
  });
  test('can be cancelled while it runs, and not after', async () => {
    sandbox.control.setTiming({ deploymentReadyAfterMs: 60_000 });
    await linkedProject(sandbox, 'acme-app');
    const id = await deployed();
    const cancel = () => sandbox.vercel(`PATCH /v12/deployments/${id}/cancel${team(sandbox)}`);
    expect(await cancel()).toMatchObject({ status: 200, body: { readyState: 'CANCELED' } });
    expect(await cancel()).toMatchObject({ status: 400 });
  });
  test('goes with its project', async () => {
    await linkedProject(sandbox, 'acme-app');
    const id = await deployed();
    await sandbox.vercel(`DELETE /v9/projects/acme-app${team(sandbox)}`);
    expect(await untilStatus(() => read(id), 404)).toMatchObject({ body: error('not_found') });
  });
  test('of an unknown project, or with unknown fields, is refused', async () => {
    await generate(sandbox, 'acme-app');
    expect(await deploy()).toMatchObject({ status: 404 });
    expect(await deploy({ branch: 'main' })).toMatchObject({ status: 400, body: error('bad_request') });
  });
});

describe('the token', () => {
  test('missing is 401, wrong is 403', async () => {
    expect(await sandbox.vercel('GET /v2/user', { headers: { authorization: '' } })).toMatchObject({
      status: 401,
    });
    expect(
      await sandbox.vercel('GET /v2/user', { headers: { authorization: 'Bearer wrong' } }),
    ).toMatchObject({
      status: 403,
      body: { error: { code: 'forbidden', invalidToken: true } },
    });
  });
});
