import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import {
  field,
  healthyProject,
  openSandbox,
  projectOrder,
  untilField,
  untilStatus,
  type TestSandbox,
} from './support.ts';
import { objectWith, textLike, textWith } from './matchers.ts';

let sandbox: TestSandbox;
beforeAll(async () => {
  sandbox = await openSandbox();
});
afterEach(() => sandbox.control.reset());
afterAll(() => sandbox.stop());

const create = (name: string, more: object = {}) =>
  sandbox.supabase('POST /v1/projects', { body: { ...projectOrder(sandbox, name), ...more } });

describe('creating a project', () => {
  test('is answered 201 with the status UNKNOWN, and the project becomes healthy later', async () => {
    sandbox.control.setTiming({ projectHealthyAfterMs: 60_000 });
    const created = await create('acme');
    expect(created).toMatchObject({
      status: 201,
      body: { name: 'acme', status: 'UNKNOWN', region: 'eu-central-1' },
    });
    const ref = field(created, 'ref');
    expect(ref).toMatch(/^[a-z]{20}$/);
    const first = await sandbox.supabase(`GET /v1/projects/${ref}`);
    expect(['UNKNOWN', 'COMING_UP']).toContain(field(first, 'status'));
    sandbox.control.setTiming({ projectHealthyAfterMs: 0 });
    await untilField(() => sandbox.supabase(`GET /v1/projects/${ref}`), 'status', 'ACTIVE_HEALTHY');
  });
  test('refuses fields it does not know', async () => {
    expect(await create('acme', { tags: ['x'] })).toMatchObject({ status: 400 });
    expect(sandbox.control.objects()).toEqual([]);
  });
  test('refuses a dot in the name, a short password and two regions', async () => {
    expect(await create('acme.prod')).toMatchObject({
      status: 400,
      body: { message: textWith('should not contain a . string') },
    });
    expect(await create('acme', { db_pass: 'abc' })).toMatchObject({ status: 400 });
    expect(await create('acme', { region: 'us-east-1' })).toMatchObject({
      status: 400,
      body: { message: textWith('mutually exclusive') },
    });
  });
  test('refuses a name that the organization already has', async () => {
    await create('acme');
    expect(await create('acme')).toMatchObject({
      status: 400,
      body: { message: textWith('already exists in your organization.') },
    });
  });
  test('is refused when the quota of free projects is reached', async () => {
    sandbox.control.setQuotaReached(true);
    expect(await create('acme')).toMatchObject({
      status: 400,
      body: {
        message: textWith('have reached their maximum limits for the number of active free projects'),
      },
    });
  });
});

describe('a project that is not ready', () => {
  test('has no keys, no pooler and runs no queries', async () => {
    sandbox.control.setTiming({ projectHealthyAfterMs: 60_000 });
    const ref = field(await create('acme'), 'ref');
    expect(await sandbox.supabase(`GET /v1/projects/${ref}/api-keys`)).toMatchObject({ status: 400 });
    expect(await sandbox.supabase(`GET /v1/projects/${ref}/config/database/pooler`)).toMatchObject({
      status: 400,
    });
    expect(
      await sandbox.supabase(`POST /v1/projects/${ref}/database/query`, { body: { query: 'select 1' } }),
    ).toMatchObject({ status: 503 });
    expect(await sandbox.supabase(`GET /v1/projects/${ref}/health?services=db,auth`)).toMatchObject({
      status: 503,
    });
  });
  test('cannot be deleted yet', async () => {
    sandbox.control.setTiming({ projectDeletableAfterMs: 60_000 });
    const ref = field(await create('acme'), 'ref');
    expect(await sandbox.supabase(`DELETE /v1/projects/${ref}`)).toMatchObject({
      status: 400,
      body: { message: 'Project not ready for deletion.' },
    });
    expect(sandbox.control.objects()).toHaveLength(1);
  });
});

describe('keys', () => {
  test('are refused for a while after the project is healthy', async () => {
    sandbox.control.setTiming({ keysAfterMs: 60_000 });
    const ref = field(await create('acme'), 'ref');
    await untilField(() => sandbox.supabase(`GET /v1/projects/${ref}`), 'status', 'ACTIVE_HEALTHY');
    expect(await sandbox.supabase(`GET /v1/projects/${ref}/api-keys`)).toMatchObject({ status: 400 });
    sandbox.control.setTiming({ keysAfterMs: 0 });
    expect(await sandbox.supabase(`GET /v1/projects/${ref}/api-keys`)).toMatchObject({ status: 200 });
  });
  test('come in both generations, the secret one masked unless revealed', async () => {
    const ref = await healthyProject(sandbox, 'acme');
    const masked = await sandbox.supabase(`GET /v1/projects/${ref}/api-keys`);
    const revealed = await sandbox.supabase(`GET /v1/projects/${ref}/api-keys?reveal=true`);
    const key = (name: string, type: string, value: RegExp) =>
      objectWith({ name, type, api_key: textLike(value) });
    expect(masked.body).toEqual([
      key('anon', 'legacy', /^ey[\w-]+\.[\w-]+\.[\w-]+$/),
      key('service_role', 'legacy', /^ey[\w-]+\.[\w-]+\.[\w-]+$/),
      key('default', 'publishable', /^sb_publishable_\w+$/),
      key('default', 'secret', /^sb_secret_\w+·+$/),
    ]);
    expect(revealed.body).toContainEqual(key('default', 'secret', /^sb_secret_\w+$/));
  });
  test('are only the legacy ones where a project has no others', async () => {
    const old = await openSandbox({ legacyKeysOnly: true });
    try {
      const ref = await healthyProject(old, 'acme');
      const keys = await old.supabase(`GET /v1/projects/${ref}/api-keys?reveal=true`);
      expect(keys.body).toMatchObject([
        { name: 'anon', type: 'legacy' },
        { name: 'service_role', type: 'legacy' },
      ]);
    } finally {
      await old.stop();
    }
  });
  test('can be added, under a name that is valid and free', async () => {
    const ref = await healthyProject(sandbox, 'acme');
    const add = (name: string) =>
      sandbox.supabase(`POST /v1/projects/${ref}/api-keys?reveal=true`, { body: { type: 'secret', name } });
    expect(await add('worker')).toMatchObject({ status: 201, body: { name: 'worker', type: 'secret' } });
    expect(await add('worker')).toMatchObject({ status: 400 });
    expect(await add('Not Valid')).toMatchObject({ status: 400 });
  });
});

describe('deleting a project', () => {
  test('takes a while, and then answers 400 "Resource has been removed" for it', async () => {
    const ref = await healthyProject(sandbox, 'acme');
    sandbox.control.setTiming({ projectRemovalMs: 60_000 });
    expect(await sandbox.supabase(`DELETE /v1/projects/${ref}`)).toMatchObject({
      status: 200,
      body: { ref, name: 'acme' },
    });
    expect(field(await sandbox.supabase(`GET /v1/projects/${ref}`), 'status')).toBe('GOING_DOWN');
    sandbox.control.setTiming({ projectRemovalMs: 0 });
    expect(await untilStatus(() => sandbox.supabase(`GET /v1/projects/${ref}`), 400)).toMatchObject({
      body: { message: 'Resource has been removed' },
    });
    expect(sandbox.control.objects()).toEqual([]);
  });
  test('frees the name', async () => {
    const ref = await healthyProject(sandbox, 'acme');
    await sandbox.supabase(`DELETE /v1/projects/${ref}`);
    await untilStatus(() => sandbox.supabase(`GET /v1/projects/${ref}`), 400);
    expect(await create('acme')).toMatchObject({ status: 201 });
  });
  test('of one that never was is 404', async () => {
    expect(await sandbox.supabase(`DELETE /v1/projects/${'a'.repeat(20)}`)).toMatchObject({ status: 404 });
  });
  test('is 403 when the token may not', async () => {
    const ref = await healthyProject(sandbox, 'acme');
    sandbox.control.refuseDelete('supabase.project', true);
    expect(await sandbox.supabase(`DELETE /v1/projects/${ref}`)).toMatchObject({ status: 403 });
    expect(sandbox.control.objects()).toHaveLength(1);
  });
});

describe('the list of projects', () => {
  test('searches within names and pages by offset', async () => {
    for (const name of ['client-b', 'client-a', 'other', 'my-client-a-old']) await create(name);
    const list = (query: string) =>
      sandbox.supabase(`GET /v1/organizations/${sandbox.variable('SUPABASE_ORG_ID')}/projects?${query}`);
    expect((await list('search=client-a')).body).toMatchObject({
      projects: [{ name: 'client-a' }, { name: 'my-client-a-old' }],
      pagination: { count: 2, limit: 100, offset: 0 },
    });
    expect((await list('limit=2&offset=2')).body).toMatchObject({
      projects: [{ name: 'my-client-a-old' }, { name: 'other' }],
      pagination: { count: 4, limit: 2, offset: 2 },
    });
    expect(await list('limit=101')).toMatchObject({ status: 400 });
  });
  test('of another organization is 404', async () => {
    expect(await sandbox.supabase('GET /v1/organizations/another/projects')).toMatchObject({ status: 404 });
  });
});

describe('the token', () => {
  test('is asked for before anything else', async () => {
    for (const authorization of ['', 'Bearer wrong', sandbox.variable('SUPABASE_MANAGEMENT_TOKEN')]) {
      expect(await sandbox.supabase('GET /v1/nowhere', { headers: { authorization } })).toMatchObject({
        status: 401,
        body: { message: 'Unauthorized' },
      });
    }
  });
  test('can be revoked and restored', async () => {
    sandbox.control.revokeToken('supabase');
    expect(await sandbox.supabase('GET /v1/organizations')).toMatchObject({ status: 401 });
    sandbox.control.restoreToken('supabase');
    expect(await sandbox.supabase('GET /v1/organizations')).toMatchObject({ status: 200 });
  });
  test('sees one organization and its regions', async () => {
    const slug = sandbox.variable('SUPABASE_ORG_ID');
    expect((await sandbox.supabase('GET /v1/organizations')).body).toMatchObject([{ slug }]);
    expect(await sandbox.supabase(`GET /v1/organizations/${slug}`)).toMatchObject({ status: 200 });
    expect(
      (await sandbox.supabase(`GET /v1/projects/available-regions?organization_slug=${slug}`)).body,
    ).toMatchObject({ all: { smartGroup: [{ code: 'americas' }, { code: 'emea' }, { code: 'apac' }] } });
  });
});

test('every answer counts down the rate limit in seconds that are left', async () => {
  const { headers } = await sandbox.supabase('GET /v1/organizations');
  expect(headers.get('x-ratelimit-limit')).toBe('120');
  expect(Number(headers.get('x-ratelimit-reset'))).toBeLessThanOrEqual(60);
});
