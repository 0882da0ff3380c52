import type { FlowJob } from 'bullmq';
import { expect, test } from 'vitest';
import { buildFlow, type FlowPlan } from '../../src/queue/flows.ts';

const plan: FlowPlan = {
  provisioningId: '0a0f8e0e-0000-4000-8000-000000000001',
  clientId: 'acme',
  flow: 3,
  direction: 'run',
  work: [
    { position: 1, name: 'a' },
    { position: 2, name: 'b' },
    { position: 3, name: 'c' },
  ],
  total: 3,
};

const inRedis = { prefix: 'p', kind: 'redis' } as const;

/** From the root down to the job that runs first. */
function chain(flow: FlowJob): FlowJob[] {
  return [flow, ...(flow.children ?? []).flatMap(chain)];
}

test('the first step is the deepest job, and the root runs last', () => {
  expect(chain(buildFlow(plan, inRedis)).map(({ name }) => name)).toEqual([
    'acme · provisioning',
    'acme · 3/3 c',
    'acme · 2/3 b',
    'acme · 1/3 a',
  ]);
});

test('a failed step fails those above it, and the root runs all the same', () => {
  const [root, last, ...earlier] = chain(buildFlow(plan, inRedis));
  expect(root?.opts).not.toHaveProperty('failParentOnFailure');
  expect(last?.opts).toMatchObject({ continueParentOnFailure: true });
  expect(earlier.every(({ opts }) => opts?.failParentOnFailure === true)).toBe(true);
});

test('a failed undo stops nothing', () => {
  const undo = buildFlow({ ...plan, direction: 'undo', work: plan.work.toReversed() }, inRedis);
  const [root, ...jobs] = chain(undo);
  expect(root?.name).toBe('acme · rollback');
  expect(jobs.map(({ name }) => name)).toEqual([
    'acme · 1/3 undo a',
    'acme · 2/3 undo b',
    'acme · 3/3 undo c',
  ]);
  expect(jobs.every(({ opts }) => opts?.ignoreDependencyOnFailure === true)).toBe(true);
});

test('job ids are unique, carry the number of the flow, and are valid on either backend', () => {
  const ids = chain(buildFlow(plan, inRedis)).map(({ opts }) => opts?.jobId ?? '');
  expect(new Set(ids).size).toBe(4);
  for (const id of ids) expect(id).toMatch(/^0a0f8e0e-[\w-]+\.3\.run\.(end|\d)$/);
});

test('jobs hold ids only', () => {
  for (const { data } of chain(buildFlow(plan, inRedis)))
    expect(
      Object.keys(data as object)
        .toSorted()
        .join(' '),
    ).toMatch(/^direction flow( position)? provisioningId( step)?$/);
});

test('later jobs come first, so that a backlog finishes one client after the other', () => {
  const priorities = chain(buildFlow(plan, inRedis)).map(({ opts }) => opts?.priority ?? 0);
  expect(priorities).toEqual(priorities.toSorted((a, b) => a - b));
});

test('with nothing left to do there is only the root', () => {
  expect(chain(buildFlow({ ...plan, work: [] }, inRedis))).toHaveLength(1);
});

test('the queue in Redis removes old jobs itself, and for the one in PostgreSQL workers do', () => {
  const removals = (kind: 'redis' | 'postgres') =>
    chain(buildFlow(plan, { prefix: 'p', kind })).map(({ opts }) => [
      opts?.removeOnComplete,
      opts?.removeOnFail,
    ]);

  for (const [completed, failed] of removals('redis')) {
    expect(completed).toMatchObject({ count: 10_000 });
    expect(failed).toMatchObject({ count: 10_000 });
  }
  expect(
    removals('postgres')
      .flat()
      .every((option) => option === undefined),
  ).toBe(true);
});
