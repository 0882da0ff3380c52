import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { n8nVersions } from '../../sandbox/n8n/version.ts';
import { startN8nProxy } from '../helpers/n8n-proxy.ts';
import { startStack, type Stack } from '../helpers/stack.ts';
import { until } from '../helpers/until.ts';

let stack: Stack | undefined;
afterEach(async () => {
  await stack?.stop();
  stack = undefined;
});

test.each(n8nVersions)('a webhook of an n8n of the generation of %s is served, and undone', async (n8n) => {
  stack = await startStack({ backend: 'redis', sandbox: { n8n } });
  const first = await stack.provision();
  expect(await stack.waitUntilDone(first.id)).toMatchObject({ status: 'succeeded' });
  stack.sandbox.control.addFault({
    provider: 'n8n',
    operation: 'probeWebhook',
    mode: 'reject',
    status: 400,
    body: {},
    times: -1,
  });
  const second = await stack.provision();
  expect(await stack.waitUntilDone(second.id)).toMatchObject({
    status: 'failed',
    rollback: { status: 'completed' },
  });
  expect(stack.sandbox.control.objects().filter(({ kind }) => kind === 'n8n.workflow')).toHaveLength(1);
});

test('a project with legacy keys only gets them as its variables', async () => {
  stack = await startStack({ backend: 'redis', sandbox: { legacyKeysOnly: true } });
  const { id } = await stack.provision();
  expect(await stack.waitUntilDone(id)).toMatchObject({ status: 'succeeded' });
});

test('the Vercel project carries every variable, and the service role key only as a sensitive one of production', async () => {
  stack = await startStack({ backend: 'redis' });
  const { id } = await stack.provision({ clientId: 'variables', tier: 'enterprise' });
  const done = await stack.waitUntilDone(id);
  const project = stack.sandbox.control.objects().find(({ kind }) => kind === 'vercel.project');
  expect(JSON.stringify(project?.details)).not.toMatch(/sb_secret|service_role"/);
  const { VERCEL_API_URL, VERCEL_TOKEN, VERCEL_TEAM_ID } = stack.environment;
  const answer = await fetch(
    `${VERCEL_API_URL}/v10/projects/${done.result['vercelProjectId']}/env?teamId=${VERCEL_TEAM_ID}`,
    { headers: { authorization: `Bearer ${VERCEL_TOKEN}` } },
  );
  const { envs } = (await answer.json()) as {
    envs: { key: string; type: string; target: string[]; value?: string }[];
  };
  expect(envs.map(({ key, type, target }) => `${key} ${type} ${target.join('+')}`).toSorted()).toEqual([
    'CLIENT_ID plain production+preview',
    'CLIENT_TIER plain production+preview',
    'NEXT_PUBLIC_APP_URL plain production+preview',
    'NEXT_PUBLIC_SUPABASE_ANON_KEY plain production+preview',
    'NEXT_PUBLIC_SUPABASE_URL plain production+preview',
    'PROVISIONING_ID plain production+preview',
    'SUPABASE_SERVICE_ROLE_KEY sensitive production',
  ]);
  const value = (name: string) => envs.find(({ key }) => key === name)?.value;
  expect(value('CLIENT_ID')).toBe('variables');
  expect(value('CLIENT_TIER')).toBe('enterprise');
  expect(value('PROVISIONING_ID')).toBe(id);
});

test('a repository is private and carries the mark of its provisioning', async () => {
  stack = await startStack({ backend: 'redis' });
  const { id } = await stack.provision();
  await stack.waitUntilDone(id);
  const repository = stack.sandbox.control.objects().find(({ kind }) => kind === 'github.repository');
  expect(repository?.details).toMatchObject({ private: true });
  expect(JSON.stringify(repository?.details)).toContain(`[prov-${id}-`);
});

test('a provider that limits its rate is obeyed, and its own delay wins', async () => {
  stack = await startStack({ backend: 'redis' });
  const { control } = stack.sandbox;
  control.addFault({
    provider: 'github',
    operation: 'generateRepository',
    mode: 'rate-limit',
    retryAfterSeconds: 1,
  });
  const { id } = await stack.provision();
  expect(await stack.waitUntilDone(id)).toMatchObject({ status: 'succeeded' });
  const calls = control.journal().filter(({ operation }) => operation === 'generateRepository');
  const [first, second] = calls.map(({ receivedAt }) => Date.parse(receivedAt));
  expect(calls).toHaveLength(2);
  expect((second ?? 0) - (first ?? 0)).toBeGreaterThanOrEqual(1000);
});

test('every read may lag behind what was made', async () => {
  stack = await startStack({ backend: 'redis' });
  for (const provider of ['supabase', 'github', 'vercel', 'n8n'] as const)
    stack.sandbox.control.setReadLag(provider, 300);
  const { id } = await stack.provision();
  expect(await stack.waitUntilDone(id)).toMatchObject({ status: 'succeeded' });
});

test('a provider that never gets ready fails the step in time, and is undone', async () => {
  stack = await startStack({ backend: 'redis', environment: { READY_TIMEOUT_MS: '1200' } });
  stack.sandbox.control.setTiming({ repositoryContentAfterMs: 3_600_000 });
  const { id } = await stack.provision();
  expect(await stack.waitUntilDone(id)).toMatchObject({
    failure: {
      step: 'github-repo',
      code: 'not-ready-in-time',
      message: 'waited 1 s for the content of the repository',
    },
    rollback: { status: 'completed' },
  });
});

test('an answer of 50 MB does no harm', async () => {
  stack = await startStack({ backend: 'redis' });
  stack.sandbox.control.addFault({ provider: 'github', operation: 'getRepository', mode: 'huge' });
  stack.sandbox.control.addFault({ provider: 'n8n', operation: 'createWorkflow', mode: 'huge' });
  const { id } = await stack.provision();
  expect(await stack.waitUntilDone(id)).toMatchObject({ status: 'succeeded' });
  expect(stack.sandbox.control.objects().filter(({ kind }) => kind === 'n8n.workflow')).toHaveLength(1);
});

test('a redirect is never followed', async () => {
  stack = await startStack({ backend: 'redis' });
  stack.sandbox.control.addFault({ provider: 'vercel', operation: 'createVercelProject', mode: 'redirect' });
  const { id } = await stack.provision();
  expect(await stack.waitUntilDone(id)).toMatchObject({ status: 'succeeded' });
  expect(stack.sandbox.control.receivedCallbacks('elsewhere')).toEqual([]);
});

test('optional variables that are there and empty count as missing', async () => {
  stack = await startStack({
    backend: 'redis',
    environment: { N8N_WEBHOOK_URL: '', SUPABASE_INSTANCE_SIZES: ' ', SUPABASE_DB_CA: '' },
  });
  const { id } = await stack.provision();
  expect(await stack.waitUntilDone(id)).toMatchObject({ status: 'succeeded' });
});

test.each([
  ['starter', 'micro'],
  ['professional', 'small'],
  ['enterprise', 'medium'],
])('a client of the tier %s gets the instance that it buys', async (tier, size) => {
  stack = await startStack({
    backend: 'redis',
    environment: { SUPABASE_INSTANCE_SIZES: 'starter:micro,professional:small,enterprise:medium' },
  });
  const { id } = await stack.provision({ tier });
  expect(await stack.waitUntilDone(id)).toMatchObject({ status: 'succeeded' });
  const sent = stack.sandbox.control.journal().find(({ operation }) => operation === 'createProject');
  expect(sent?.requestBody).toMatchObject({ desired_instance_size: size });
});

test('a template of another owner is asked for at that owner', async () => {
  stack = await startStack({
    backend: 'redis',
    environment: { GITHUB_TEMPLATE_REPO: 'elsewhere/client-template' },
  });
  const { id } = await stack.provision();
  await stack.waitUntilDone(id);
  expect(
    stack.sandbox.control.journal().find(({ operation }) => operation === 'generateRepository')?.path,
  ).toBe('/repos/elsewhere/client-template/generate');
});

test('a large n8n instance is listed in smaller pages', async () => {
  stack = await startStack({ backend: 'redis' });
  const { N8N_HOST, N8N_API_KEY } = stack.environment;
  for (let index = 0; index < 60; index += 1) {
    const response = await fetch(`${N8N_HOST}/api/v1/workflows`, {
      method: 'POST',
      headers: { 'x-n8n-api-key': N8N_API_KEY ?? '', 'content-type': 'application/json' },
      body: JSON.stringify({
        name: `Other ${index}`,
        nodes: [
          {
            id: `n${index}`,
            name: 'Code',
            type: 'n8n-nodes-base.code',
            typeVersion: 2,
            position: [0, 0],
            parameters: { jsCode: '/'.repeat(25_000) },
          },
        ],
        connections: {},
        settings: {},
      }),
    });
    expect(response.status).toBe(200);
  }
  const { id } = await stack.provision();
  expect(await stack.waitUntilDone(id)).toMatchObject({ status: 'succeeded' });
});

test('a Vercel that does not see the repository for long is waited for without using up attempts', async () => {
  stack = await startStack({
    backend: 'redis',
    sandbox: { timing: { vercelSeesRepositoryAfterMs: 3000 } },
    environment: { STEP_MAX_ATTEMPTS: '2' },
  });
  const { id } = await stack.provision();
  const done = await stack.waitUntilDone(id);
  expect(done).toMatchObject({ status: 'succeeded' });
  expect(done.steps.map(({ attempts }) => attempts)).toEqual([1, 1, 1, 1, 1]);
});

test('a stopped worker uses up no attempt', async () => {
  stack = await startStack({ backend: 'redis', workers: 0, environment: { STEP_MAX_ATTEMPTS: '2' } });
  const { control } = stack.sandbox;
  control.addFault({ provider: 'github', operation: 'generateRepository', mode: 'latency', delayMs: 400 });
  control.addFault({ provider: 'github', operation: 'listBranches', mode: 'error-before' });
  const first = await stack.startWorker();
  const { id } = await stack.provision();
  await until(() => control.faults()[0]?.fired === 1 || undefined, 'the call to be under way');
  await first.stop();
  await stack.startWorker();
  expect(await stack.waitUntilDone(id)).toMatchObject({ status: 'succeeded' });
});

test('a template that takes longer than one call is found applied, not applied again', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'template-'));
  await writeFile(
    join(folder, '010.sql'),
    'create table public.a (id int); alter table public.a enable row level security; select pg_sleep(1.5);',
  );
  stack = await startStack({
    backend: 'redis',
    environment: { SCHEMA_PATH: folder, SCHEMA_TRANSPORT: 'http', PROVIDER_TIMEOUT_MS: '1000' },
  });
  const { id } = await stack.provision();
  const done = await stack.waitUntilDone(id);
  await rm(folder, { recursive: true });
  expect(done).toMatchObject({ status: 'succeeded' });
});

test('an N8N_WEBHOOK_URL that has the path of webhooks already fails the step at once, and says what to set', async () => {
  let host = '';
  const proxy = await startN8nProxy({ target: () => host });
  try {
    stack = await startStack({ backend: 'redis', environment: { N8N_WEBHOOK_URL: `${proxy.url}/webhook` } });
    host = stack.sandbox.urls.n8n;
    const { id } = await stack.provision();
    const done = await stack.waitUntilDone(id);
    expect(done).toMatchObject({
      failure: { step: 'n8n-webhooks', code: 'verification-failed' },
      rollback: { status: 'completed' },
    });
    expect(done.failure?.whatToDo).toContain('Take the "/webhook" off the end of N8N_WEBHOOK_URL');
  } finally {
    await proxy.stop();
  }
});
