import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { SandboxControl } from '../../sandbox/sandbox.ts';
import { backends, startStack, type Stack } from '../helpers/stack.ts';

interface Failure {
  readonly step: string;
  readonly code: string;
  readonly arrange: (control: SandboxControl) => void;
  /** What was made by then, in order. */
  readonly made: readonly string[];
}

const failures: readonly Failure[] = [
  {
    step: 'supabase-project',
    // A 403 there is a permission that the token lacks.
    code: 'provider-rejected',
    arrange: (control) =>
      control.addFault({ provider: 'supabase', operation: 'getApiKeys', mode: 'refuse', times: -1 }),
    made: ['supabase.project'],
  },
  {
    step: 'github-repo',
    code: 'provider-rejected',
    arrange: (control) =>
      control.addFault({
        provider: 'github',
        operation: 'listBranches',
        mode: 'reject',
        status: 422,
        body: { message: 'Validation Failed' },
        times: -1,
      }),
    made: ['supabase.project', 'github.repository'],
  },
  {
    step: 'vercel-deployment',
    code: 'provider-rejected',
    arrange: (control) => control.setDeploymentOutcome('ERROR'),
    made: ['supabase.project', 'github.repository', 'vercel.project'],
  },
  {
    step: 'n8n-webhooks',
    code: 'provider-rejected',
    arrange: (control) =>
      control.addFault({
        provider: 'n8n',
        operation: 'publishWorkflow',
        mode: 'reject',
        status: 400,
        body: { message: 'Workflow cannot be activated because it has no trigger node.' },
        times: -1,
      }),
    made: ['supabase.project', 'github.repository', 'vercel.project', 'n8n.workflow'],
  },
];

/** The kinds of deleted objects, in the order of the deletions. */
function deletions(control: SandboxControl): (string | undefined)[] {
  return control
    .journal()
    .filter(({ effect }) => effect === 'deleted')
    .map(({ objectKind }) => objectKind);
}

describe.each(backends)('on %s', (backend) => {
  let stack: Stack;
  beforeAll(async () => {
    stack = await startStack({ backend });
  });
  beforeEach(() => stack.sandbox.control.reset());
  afterAll(() => stack?.stop());

  test.each(failures)(
    'a failure of $step is undone in reverse order and leaves nothing behind',
    async ({ step, code, arrange, made }) => {
      const { control } = stack.sandbox;
      arrange(control);
      const { id } = await stack.provision();

      const done = await stack.waitUntilDone(id);

      expect(done).toMatchObject({
        status: 'failed',
        rollback: { status: 'completed' },
        failure: { step, code },
      });
      expect(control.objects()).toEqual([]);
      expect(deletions(control).filter((kind) => kind !== 'vercel.deployment')).toEqual(made.toReversed());
      expect(done.resources.map(({ kind, state }) => `${kind} ${state}`)).toEqual(
        made.map((kind) => `${kind} deleted`),
      );
      const failedAt = done.steps.findIndex(({ name }) => name === step);
      expect(done.steps.map(({ status }) => status)).toEqual(
        done.steps.map((_, index) =>
          index < failedAt ? 'undone' : index === failedAt ? 'failed' : 'skipped',
        ),
      );
    },
  );

  test('the client is free again after a completed rollback', async () => {
    stack.sandbox.control.setQuotaReached(true);
    const first = await stack.provision({ clientId: 'free-again' });
    expect(await stack.waitUntilDone(first.id)).toMatchObject({
      failure: { step: 'supabase-project', code: 'quota-exceeded' },
      rollback: { status: 'completed' },
    });
    stack.sandbox.control.setQuotaReached(false);
    const second = await stack.provision({ clientId: 'free-again' });
    expect(await stack.waitUntilDone(second.id)).toMatchObject({ status: 'succeeded' });
  });

  test('an undo that fails stops nothing else, and the rollback ends incomplete with just that resource', async () => {
    const { control } = stack.sandbox;
    control.refuseDelete('github.repository', true);
    control.setDeploymentOutcome('ERROR');
    const { id } = await stack.provision();

    const done = await stack.waitUntilDone(id);

    expect(done).toMatchObject({
      status: 'failed',
      rollback: { status: 'incomplete' },
      needsAttention: true,
    });
    expect(control.objects().map(({ kind }) => kind)).toEqual(['github.repository']);
    const left = done.resources.filter(({ state }) => state !== 'deleted');
    expect(left).toMatchObject([{ kind: 'github.repository', state: 'delete-failed' }]);
    expect(left[0]?.error).toContain('answered 403');
    expect(left[0]?.whatToDo).toMatch(/scope delete_repo.*Then POST …\/rollback/);
    expect(done.steps.find(({ name }) => name === 'github-repo')?.status).toBe('undo-failed');
  });

  test('deletions that take their time are waited out', async () => {
    const { control } = stack.sandbox;
    control.setTiming({
      projectDeletableAfterMs: 1500,
      projectRemovalMs: 300,
      repositoryRemovalMs: 300,
      vercelRemovalMs: 300,
      unpublishedAfterMs: 300,
    });
    control.addFault({
      provider: 'n8n',
      operation: 'probeWebhook',
      mode: 'reject',
      status: 400,
      body: {},
      times: -1,
    });
    const { id } = await stack.provision();
    const done = await stack.waitUntilDone(id);
    expect(done).toMatchObject({ status: 'failed', rollback: { status: 'completed' } });
    expect(control.objects()).toEqual([]);
  });
});

describe('a broken template', () => {
  let stack: Stack | undefined;
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'template-'));
    await writeFile(join(folder, '010_tables.sql'), 'create table public.notes (id int primary key);\n');
    await writeFile(
      join(folder, '020_policies.sql'),
      'alter table public.notes enable row level security;\n\n  create polcy p on public.notes;\n',
    );
  });
  afterEach(() => stack?.stop());
  afterAll(() => rm(folder, { recursive: true }));

  test.each(['postgres', 'http'])(
    'over %s fails the step at the position of the SQL error and leaves nothing behind',
    async (transport) => {
      const environment = { SCHEMA_PATH: folder, SCHEMA_TRANSPORT: transport };
      stack = await startStack({ backend: 'redis', environment });
      const { id } = await stack.provision();
      const done = await stack.waitUntilDone(id);
      expect(done).toMatchObject({
        status: 'failed',
        rollback: { status: 'completed' },
        failure: { step: 'database-schema', code: 'schema-invalid' },
      });
      expect(done.failure?.message).toMatch(/^020_policies\.sql, line 3, column 10: .*"polcy"/);
      expect(stack.sandbox.control.objects()).toEqual([]);
    },
  );
});
