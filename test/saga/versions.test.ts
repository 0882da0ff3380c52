/** Old and new programs at work together: a provisioning runs under the steps that it was accepted with, or waits. */
import { afterEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { acceptProvisioning } from '../../src/ledger/provisionings.ts';
import { steps as oldSteps } from '../../src/steps/index.ts';
import { defineStep } from '../../src/steps/step.ts';
import { newProvisioning } from '../ledger/support.ts';
import { backends, startStack, type Backend, type Stack } from '../helpers/stack.ts';
import { until } from '../helpers/until.ts';

/** A step that makes nothing, of a newer version. */
const greeting = defineStep({
  name: 'greeting',
  title: 'Greeting',
  environment: z.object({}),
  output: z.object({ greeting: z.string() }),
  result: ['greeting'],
  connect: () => ({}),
  run: () => Promise.resolve({ greeting: 'hello' }),
  undo: () => Promise.resolve(),
});
const newSteps = [...oldSteps, greeting];

let stack: Stack | undefined;
afterEach(() => stack?.stop());

/** The API is of the new version, the only worker of the old one. */
async function startMixed(backend: Backend): Promise<Stack> {
  stack = await startStack({ backend, workers: 0, steps: newSteps });
  await stack.startWorker(oldSteps);
  return stack;
}

const warnings = ({ logLines }: Stack) => logLines.filter((line) => line.includes('lacks steps'));
const rowOf = async ({ pool }: Stack, id: string) => {
  const { rows } = await pool.query<{
    flow: number;
    epoch: string;
    lease_holder: string | null;
    sweep_at: Date;
  }>('select flow, epoch, lease_holder, sweep_at from ledger.provisionings where id = $1', [id]);
  return rows[0];
};

describe.each(backends)('on %s', (backend) => {
  test('a worker that lacks a step leaves the whole provisioning to one that has it, and says so once', async () => {
    const mixed = await startMixed(backend);
    const { id } = await mixed.provision();
    // It was taken up and put back several times.
    const seen = new Set<number>();
    await until(async () => {
      seen.add((await rowOf(mixed, id))?.sweep_at.getTime() ?? 0);
      return seen.size > 4 || undefined;
    }, 'the job to come again');

    expect(await rowOf(mixed, id)).toMatchObject({ flow: 1, epoch: '0' });
    expect(await mixed.show(id)).toMatchObject({ status: 'queued' });
    expect(mixed.sandbox.control.journal()).toEqual([]);
    expect(warnings(mixed)).toHaveLength(1);
    expect(warnings(mixed)[0]).toContain('greeting');

    await mixed.startWorker(newSteps);
    expect(await mixed.waitUntilDone(id)).toMatchObject({
      status: 'succeeded',
      result: { greeting: 'hello' },
    });
  });

  test('a sweeper that lacks a step builds a lost job again all the same, once', async () => {
    const mixed = await startMixed(backend);
    const order = newProvisioning({ stepNames: newSteps.map(({ name }) => name), sweepAfterMs: 0 });
    await acceptProvisioning(mixed.pool, order);
    await until(() => warnings(mixed).length === 1 || undefined, 'its job to be taken up');
    const swept = (await rowOf(mixed, order.id))?.sweep_at.getTime();
    await until(
      async () => (await rowOf(mixed, order.id))?.sweep_at.getTime() !== swept || undefined,
      'it to be put back',
    );

    // A new flow begins an epoch of its own; nobody has claimed it.
    expect(await rowOf(mixed, order.id)).toMatchObject({ flow: 2, epoch: '1', lease_holder: null });
    await mixed.startWorker(newSteps);
    expect(await mixed.waitUntilDone(order.id)).toMatchObject({ status: 'succeeded' });
  });

  test('old and new workers together end everything, and undo everything', async () => {
    const mixed = await startMixed(backend);
    await mixed.startWorker(newSteps);
    const ids = await Promise.all(Array.from({ length: 4 }, async () => (await mixed.provision()).id));
    const old = newProvisioning({ stepNames: oldSteps.map(({ name }) => name) });
    await acceptProvisioning(mixed.pool, { ...old, sweepAfterMs: 0 });
    for (const id of [...ids, old.id])
      expect(await mixed.waitUntilDone(id)).toMatchObject({ status: 'succeeded' });

    for (const id of ids) {
      const { clientId } = await mixed.show(id);
      await mixed.call(`/api/provisioning/${id}/rollback`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ confirm: clientId }),
      });
    }
    for (const id of ids)
      expect(await mixed.waitUntilDone(id)).toMatchObject({ rollback: { status: 'completed' } });
    expect((await mixed.show(old.id)).steps.map(({ name }) => name)).toEqual(old.stepNames);
  });
});
