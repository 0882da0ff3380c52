import { afterEach, expect, test } from 'vitest';
import { startStack, type Stack } from '../helpers/stack.ts';
import { until } from '../helpers/until.ts';

let stack: Stack | undefined;
afterEach(() => stack?.stop());

/** A client whose stack was undone completely, and one whose stack works, both so many days ago. */
async function endLongAgo(running: Stack, days: number): Promise<{ undone: string; working: string }> {
  const { control } = running.sandbox;
  const working = await running.provision();
  await running.waitUntilDone(working.id);
  control.setDeploymentOutcome('ERROR');
  const undone = await running.provision();
  expect(await running.waitUntilDone(undone.id)).toMatchObject({ rollback: { status: 'completed' } });
  await running.pool.query(
    `update ledger.provisionings set finished_at = finished_at - $1 * interval '1 day'`,
    [days],
  );
  return { undone: undone.id, working: working.id };
}

const statusOf = async (running: Stack, id: string) => (await running.call(`/api/provisioning/${id}`)).status;

test('the secrets of what was undone completely are deleted at once, those of what works are kept', async () => {
  stack = await startStack({ backend: 'redis' });
  const { working } = await endLongAgo(stack, 0);

  const { rows } = await stack.pool.query<{ provisioning_id: string }>(
    'select distinct provisioning_id from ledger.secrets',
  );
  expect(rows).toEqual([{ provisioning_id: working }]);
});

test('what was undone longer ago than RETENTION_DAYS is deleted, and what works stays', async () => {
  stack = await startStack({ backend: 'redis', environment: { RETENTION_DAYS: '30' }, workers: 0 });
  const running = stack;
  const first = await stack.startWorker();
  const { undone, working } = await endLongAgo(stack, 31);
  await first.stop();
  // It cleans up as soon as it leads.
  await stack.startWorker();

  await until(async () => (await statusOf(running, undone)) === 404 || undefined, 'it to be deleted');
  expect(await stack.show(working)).toMatchObject({ status: 'succeeded' });
  expect(stack.logLines.filter((line) => line.includes('RETENTION_DAYS ago are deleted'))).toHaveLength(1);
});

test('with RETENTION_DAYS=0 nothing is deleted', async () => {
  stack = await startStack({ backend: 'redis', environment: { RETENTION_DAYS: '0' }, workers: 0 });
  const first = await stack.startWorker();
  const { undone } = await endLongAgo(stack, 36_500);
  await first.stop();
  await stack.startWorker();
  stack.sandbox.control.setDeploymentOutcome('READY');
  const next = await stack.provision();
  await stack.waitUntilDone(next.id);

  expect(await statusOf(stack, undone)).toBe(200);
});
