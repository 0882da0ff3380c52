/** Somebody renames what a call in doubt has made: no look by name finds it. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { startStack, type Stack } from '../helpers/stack.ts';
import { until } from '../helpers/until.ts';

let stack: Stack;
beforeAll(async () => {
  stack = await startStack({ backend: 'redis' });
});
beforeEach(() => stack.sandbox.control.reset());
afterAll(() => stack?.stop());

test.each([
  { provider: 'github', operation: 'generateRepository', kind: 'github.repository' },
  { provider: 'vercel', operation: 'createVercelProject', kind: 'vercel.project' },
] as const)(
  'a $kind that got another name meanwhile is known by its mark and goes with the rollback',
  async ({ provider, operation, kind }) => {
    const { control } = stack.sandbox;
    control.addFault({ provider, operation, mode: 'hang-after' });
    const { id } = await stack.provision();
    const made = await until(() => control.objects().find((object) => object.kind === kind), 'it to be made');
    control.renameObject(kind, made.id, 'renamed by somebody');
    const strangerId = await control.createForeign(kind, made.name);

    expect(await stack.waitUntilDone(id)).toMatchObject({
      status: 'failed',
      rollback: { status: 'completed' },
      failure: { code: 'name-taken' },
    });
    expect(control.objects().map((object) => object.id)).toEqual([strangerId]);
  },
);

test('a repository that takes the name of ours is never deployed for the client', async () => {
  const { control } = stack.sandbox;
  control.addFault({ provider: 'vercel', operation: 'createVercelProject', mode: 'latency', delayMs: 800 });
  const { id } = await stack.provision();
  await until(() => control.faults()[0]?.fired === 1 || undefined, 'the project to be asked for');
  const ours = control.objects().find(({ kind }) => kind === 'github.repository');
  control.renameObject('github.repository', ours?.id ?? '', 'renamed');
  const strangerId = await control.createForeign('github.repository', ours?.name ?? '');

  expect(await stack.waitUntilDone(id)).toMatchObject({
    status: 'failed',
    rollback: { status: 'completed' },
    failure: { step: 'vercel-deployment', code: 'verification-failed' },
  });
  expect(control.objects().map((object) => object.id)).toEqual([strangerId]);
});
