/** The package's exports are enough to build with. */
import { randomUUID } from 'node:crypto';
import { afterEach, expect, expectTypeOf, inject, test } from 'vitest';
import {
  activateN8NWorkflow,
  createN8NWorkflow,
  openQueues,
  provisionClient,
  rollbackActions,
  rollbackProvisioning,
  steps,
  type ProvisioningOrchestrator,
  type Queues,
  type StepContext,
} from '../src/index.ts';
import { n8nWebhooks } from '../src/steps/n8n-webhooks.ts';
import { redisUrlForFile } from './helpers/redis.ts';
import { startStack, type Stack } from './helpers/stack.ts';

let stack: Stack | undefined;
let queues: Queues | undefined;
afterEach(async () => {
  await stack?.stop();
  await queues?.close();
  stack = queues = undefined;
});

test('the steps of a stack, in their order, each with its undo', () => {
  const names = ['supabase-project', 'database-schema', 'github-repo', 'vercel-deployment', 'n8n-webhooks'];
  expect(steps.map(({ name }) => name)).toEqual(names);
  expect([...rollbackActions(steps).keys()]).toEqual(names);
});

test('a step of one’s own makes and publishes a workflow as the n8n step does', async () => {
  const ownStep: typeof n8nWebhooks = {
    ...n8nWebhooks,
    name: 'own-webhook',
    async run(context) {
      const id = await createN8NWorkflow(context);
      await activateN8NWorkflow(context, id);
      return { n8nWorkflowId: id, n8nWebhookUrl: 'https://n8n.example/webhook/of-ones-own' };
    },
  };
  stack = await startStack({ backend: 'redis', steps: [ownStep] });
  const { id, clientId } = await stack.provision();
  const done = await stack.waitUntilDone(id);
  expect(done).toMatchObject({ status: 'succeeded', steps: [{ name: 'own-webhook' }] });
  expect(stack.sandbox.control.objects()).toMatchObject([
    { id: done.result['n8nWorkflowId'], name: `Client ${clientId}`, details: { active: true } },
  ]);
});

test('a program enqueues the flow of a provisioning, and the one that undoes it', async () => {
  queues = await openQueues({
    redisUrl: inject('redisUrl'),
    databaseUrl: 'postgres://nobody@127.0.0.1:1/none',
    prefix: redisUrlForFile().prefix,
    onError: () => {},
  });
  const provisioning = { id: randomUUID(), client_id: 'acme', flow: 1, step_names: ['one', 'two'] };
  const remaining = [
    { position: 1, name: 'one' },
    { position: 2, name: 'two' },
  ];
  await provisionClient(queues, { provisioning, remaining });
  expect(await queues.getJobState('provisioning', `${provisioning.id}.1.run.1`)).toMatch(
    /^(prioritized|waiting)$/,
  );
  expect(await queues.getJobState('provisioning', `${provisioning.id}.1.run.2`)).toBe('waiting-children');
  await rollbackProvisioning(queues, {
    provisioning: { ...provisioning, flow: 2 },
    remaining: remaining.toReversed(),
  });
  expect(await queues.getJobState('rollback', `${provisioning.id}.2.undo.2`)).toMatch(
    /^(prioritized|waiting)$/,
  );
});

test('every step is handed an order, and what has been created for it so far', () => {
  expectTypeOf<StepContext<object, object>>().toExtend<ProvisioningOrchestrator>();
});
