import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { field, generate, openSandbox, request, until, untilStatus, type TestSandbox } from './support.ts';
import { anyNumber, textLike } from './matchers.ts';

let sandbox: TestSandbox;
let owner: string;
beforeAll(async () => {
  sandbox = await openSandbox();
  owner = sandbox.variable('GITHUB_ORG');
});
afterEach(() => sandbox.control.reset());
afterAll(() => sandbox.stop());

const get = (path: string) => sandbox.github(`GET /repos/${owner}/${path}`);

describe('generating a repository', () => {
  test('is answered 201 with a numeric id, the description and the template', async () => {
    const reply = await generate(sandbox, 'acme-app', { description: 'made for acme' });
    expect(reply).toMatchObject({
      status: 201,
      body: {
        id: anyNumber,
        full_name: `${owner}/acme-app`,
        private: true,
        description: 'made for acme',
        default_branch: 'main',
        template_repository: { full_name: `${owner}/${sandbox.variable('GITHUB_TEMPLATE_REPO')}` },
      },
    });
  });
  test('makes a public one unless told otherwise', async () => {
    expect((await generate(sandbox, 'acme-app', { private: undefined })).body).toMatchObject({
      private: false,
    });
  });
  test('of a taken name is refused with errors that are texts', async () => {
    await generate(sandbox, 'acme-app');
    expect(await generate(sandbox, 'Acme-App')).toMatchObject({
      status: 422,
      body: {
        message: 'Could not clone: Name already exists on this account',
        errors: ['Could not clone: Name already exists on this account'],
      },
    });
  });
  test('from a repository that is no template is 404', async () => {
    await generate(sandbox, 'acme-app');
    expect(
      await sandbox.github(`POST /repos/${owner}/acme-app/generate`, { body: { owner, name: 'copy' } }),
    ).toMatchObject({ status: 404 });
  });
  test('without a name, or with malformed JSON, is refused', async () => {
    const path = `POST /repos/${owner}/${sandbox.variable('GITHUB_TEMPLATE_REPO')}/generate`;
    expect(await sandbox.github(path, { body: {} })).toMatchObject({
      status: 422,
      body: { message: 'Validation Failed' },
    });
    expect(await sandbox.github(path, { body: '{"name":' })).toMatchObject({
      status: 400,
      body: { message: 'Problems parsing JSON' },
    });
  });
});

describe('the content of a fresh repository', () => {
  test('is missing until the copy of the template is done', async () => {
    sandbox.control.setTiming({ repositoryContentAfterMs: 60_000 });
    await generate(sandbox, 'acme-app');
    expect(await get('acme-app')).toMatchObject({ status: 200, body: { default_branch: 'main' } });
    expect(await get('acme-app/branches')).toMatchObject({ status: 200, body: [] });
    expect(await get('acme-app/branches/main')).toMatchObject({ status: 404 });
    expect(await get('acme-app/git/ref/heads/main')).toMatchObject({
      status: 409,
      body: { message: 'Git Repository is empty.' },
    });
    expect(await get('acme-app/commits')).toMatchObject({ status: 409 });
    expect(await get('acme-app/contents/README.md')).toMatchObject({ status: 404 });
  });
  test('comes with a branch and a commit', async () => {
    await generate(sandbox, 'acme-app');
    const branches = await until(
      () => get('acme-app/branches?per_page=1'),
      ({ body }) => Array.isArray(body) && body.length === 1,
    );
    expect(branches.body).toMatchObject([{ name: 'main', commit: { sha: textLike(/^[0-9a-f]{40}$/) } }]);
    expect(await get('acme-app/branches/main')).toMatchObject({ status: 200 });
    expect(await get('acme-app/git/ref/heads/main')).toMatchObject({ status: 200 });
    expect(await get('acme-app/commits')).toMatchObject({ status: 200 });
    expect(await get('acme-app/contents/README.md')).toMatchObject({ status: 200 });
    expect((await get('acme-app')).body).toMatchObject({ size: 0 });
  });
});

describe('a renamed repository', () => {
  test('redirects reads of its old name to its id, and deletes too', async () => {
    const id = field(await generate(sandbox, 'acme-app'), 'id');
    sandbox.control.renameObject('github.repository', id, 'acme-site');
    const url = `${sandbox.urls.github}/repositories/${id}`;
    const read = await get('acme-app');
    expect(read).toMatchObject({ status: 301, body: { message: 'Moved Permanently', url } });
    expect(read.headers.get('location')).toBe(url);
    expect(await sandbox.github(`DELETE /repos/${owner}/acme-app`)).toMatchObject({ status: 307 });
    expect(await sandbox.github(`GET /repositories/${id}`)).toMatchObject({
      status: 200,
      body: { name: 'acme-site' },
    });
  });
  test('no longer redirects once its old name is taken again', async () => {
    const id = field(await generate(sandbox, 'acme-app'), 'id');
    sandbox.control.renameObject('github.repository', id, 'acme-site');
    const other = field(await generate(sandbox, 'acme-app'), 'id');
    expect(field(await get('acme-app'), 'id')).toBe(other);
  });
});

describe('deleting a repository', () => {
  test('is answered 204, and after a moment the repository is 404', async () => {
    await generate(sandbox, 'acme-app');
    sandbox.control.setSlowDelete('github.repository', 60_000);
    expect(await sandbox.github(`DELETE /repos/${owner}/acme-app`)).toMatchObject({ status: 204, text: '' });
    expect(await get('acme-app')).toMatchObject({ status: 200 });
    sandbox.control.setSlowDelete('github.repository', 0);
    expect(await untilStatus(() => get('acme-app'), 404)).toMatchObject({ body: { message: 'Not Found' } });
    expect(await sandbox.github(`DELETE /repos/${owner}/acme-app`)).toMatchObject({ status: 404 });
  });
  test('is refused to a token without the scope for it', async () => {
    await generate(sandbox, 'acme-app');
    sandbox.control.setGithubScopes(['repo']);
    const reply = await sandbox.github(`DELETE /repos/${owner}/acme-app`);
    expect(reply).toMatchObject({
      status: 403,
      body: { message: 'Must have admin rights to Repository.' },
    });
    expect(reply.headers.get('x-oauth-scopes')).toBe('repo');
  });
});

describe('the organization', () => {
  test('is there, and another one is not', async () => {
    expect(await sandbox.github(`GET /orgs/${owner}`)).toMatchObject({ status: 200, body: { login: owner } });
    expect(await sandbox.github('GET /orgs/another')).toMatchObject({ status: 404 });
  });
  test('has Vercel’s app installed, unless told otherwise', async () => {
    const installations = `GET /orgs/${owner}/installations`;
    expect((await sandbox.github(installations)).body).toMatchObject({
      total_count: 1,
      installations: [{ app_slug: 'vercel', repository_selection: 'all', suspended_at: null }],
    });
    sandbox.control.setGithubAppInstalled(false);
    expect((await sandbox.github(installations)).body).toEqual({ total_count: 0, installations: [] });
  });
  test('lists its repositories in pages that name the next', async () => {
    for (const name of ['a', 'b', 'c']) await generate(sandbox, name);
    const first = await sandbox.github(`GET /orgs/${owner}/repos?per_page=2`);
    expect(first.body).toMatchObject([{ name: 'c' }, { name: 'b' }]);
    expect(first.headers.get('link')).toContain(
      `<${sandbox.urls.github}/orgs/${owner}/repos?per_page=2&page=2>; rel="next"`,
    );
    const second = await sandbox.github(`GET /orgs/${owner}/repos?per_page=2&page=2`);
    expect(second.body).toMatchObject([
      { name: 'a' },
      { name: sandbox.variable('GITHUB_TEMPLATE_REPO'), is_template: true },
    ]);
    expect(second.headers.get('link')).toBeNull();
  });
});

describe('the token', () => {
  test('is needed, in either spelling', async () => {
    const token = sandbox.variable('GITHUB_TOKEN');
    const read = (authorization?: string) =>
      request(
        `${sandbox.urls.github}/user`,
        'GET',
        authorization === undefined ? {} : { headers: { authorization } },
      );
    expect(await read()).toMatchObject({ status: 401, body: { message: 'Requires authentication' } });
    expect(await read('Bearer ghp_wrong')).toMatchObject({
      status: 401,
      body: { message: 'Bad credentials' },
    });
    expect(await read(`token ${token}`)).toMatchObject({ status: 200 });
    expect(await read(`Bearer ${token}`)).toMatchObject({ status: 200 });
  });
});

test('every answer names the scopes and the rate limit, its end as a time', async () => {
  const { headers } = await sandbox.github(`GET /orgs/${owner}`);
  expect(headers.get('x-oauth-scopes')).toBe('delete_repo, read:org, repo, workflow');
  expect(headers.get('x-ratelimit-limit')).toBe('5000');
  expect(Number(headers.get('x-ratelimit-reset'))).toBeGreaterThan(Date.now() / 1000);
});
