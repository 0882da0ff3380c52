/** What happens is counted: each test provokes it in a whole stack, and reads it where Prometheus does. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { acceptProvisioning } from '../../src/ledger/provisionings.ts';
import { steps } from '../../src/steps/index.ts';
import { newClientId, startStack, type Stack } from '../helpers/stack.ts';
import { until } from '../helpers/until.ts';
import { newProvisioning } from '../ledger/support.ts';
import { labelsByFamily } from './exposition.ts';
import { promisedMetrics } from './promised.ts';
import { prefix, scrape, untilMetric } from './support.ts';

let stack: Stack;
beforeAll(async () => {
  stack = await startStack({ backend: 'redis' });
});
afterAll(() => stack?.stop());

const receiver = (name: string) => `${stack.sandbox.urls.control}/receiver/${name}`;

test('a success: its outcome, its steps, its requests to each provider, its claims and its callback', async () => {
  const { id } = await stack.provision({ callbackUrl: receiver('success') });
  await stack.waitUntilDone(id);
  const metrics = await untilMetric(stack, 'callback_attempt_duration_seconds_count', {
    outcome: 'delivered',
  });

  expect(metrics.sum(`${prefix}provisionings`, { status: 'succeeded', rollback: 'none' })).toBe(1);
  expect(metrics.sum(`${prefix}callbacks`, { state: 'delivered' })).toBe(1);
  for (const { name } of steps) {
    const labels = { step: name, direction: 'run', outcome: 'succeeded' };
    expect(metrics.sum(`${prefix}step_attempts_total`, labels), name).toBe(1);
    expect(metrics.sum(`${prefix}step_duration_seconds_count`, labels), name).toBe(1);
  }
  for (const provider of ['supabase', 'github', 'vercel', 'n8n'])
    expect(
      metrics.sum(`${prefix}provider_request_duration_seconds_count`, { provider, status: '2xx' }),
      provider,
    ).toBeGreaterThan(0);
  // One per job at least: five steps and the root.
  expect(metrics.sum(`${prefix}claims_total`, { result: 'claimed' })).toBeGreaterThanOrEqual(6);
});

test('the time of a step includes what it has waited for', async () => {
  const { control } = stack.sandbox;
  const labels = { step: 'supabase-project', direction: 'run', outcome: 'succeeded' };
  const before = (await scrape(stack)).sum(`${prefix}step_duration_seconds_sum`, labels) ?? 0;
  control.setTiming({ projectHealthyAfterMs: 1000 });
  const { id } = await stack.provision();
  await stack.waitUntilDone(id);
  control.setTiming({ projectHealthyAfterMs: 60 });

  const metrics = await untilMetric(stack, 'step_duration_seconds_sum', labels, (sum) => sum > before + 1);
  expect(metrics.sum(`${prefix}step_attempts_total`, { ...labels, outcome: 'waiting' })).toBeGreaterThan(0);
});

test('a failure and its undo, and what needs attention while it is paused', async () => {
  const clientId = newClientId();
  await stack.sandbox.control.createForeign('github.repository', `client-${clientId}-app`);
  const { id } = await stack.provision({ clientId, onFailure: 'pause' });
  await untilMetric(stack, 'provisionings_needing_attention', { reason: 'paused' });
  await stack.call(`/api/provisioning/${id}/rollback`, { method: 'POST' });
  await stack.waitUntilDone(id);
  const undone = { step: 'supabase-project', direction: 'undo', outcome: 'succeeded' };
  const metrics = await untilMetric(stack, 'step_duration_seconds_count', undone);

  expect(metrics.sum(`${prefix}provisionings`, { status: 'failed', rollback: 'completed' })).toBe(1);
  expect(metrics.sum(`${prefix}provisionings_needing_attention`)).toBe(0);
  const failed = { step: 'github-repo', direction: 'run', outcome: 'failed' };
  expect(metrics.sum(`${prefix}step_attempts_total`, failed)).toBe(1);
});

test('what a provider refuses, by its status, and what it does not answer', async () => {
  const { control } = stack.sandbox;
  control.addFault({
    provider: 'vercel',
    operation: 'createVercelProject',
    mode: 'error-before',
    status: 503,
  });
  control.addFault({ provider: 'n8n', operation: 'createWorkflow', mode: 'drop-before' });
  const { id } = await stack.provision();
  expect(await stack.waitUntilDone(id)).toMatchObject({ status: 'succeeded' });
  await untilMetric(stack, 'provider_request_errors_total', { provider: 'vercel', code: '503' });
  const metrics = await untilMetric(stack, 'provider_request_errors_total', {
    provider: 'n8n',
    code: 'no-answer',
  });

  const refused = { provider: 'vercel', status: '5xx' };
  expect(metrics.sum(`${prefix}provider_request_duration_seconds_count`, refused)).toBe(1);
});

test('a callback that is refused, and how long the oldest one has been waiting', async () => {
  stack.sandbox.control.setReceiver('busy', { status: 503 });
  const { id } = await stack.provision({ callbackUrl: receiver('busy') });
  await stack.waitUntilDone(id);
  await untilMetric(stack, 'callback_attempt_duration_seconds_count', { outcome: 'pending' });
  const waiting = await untilMetric(stack, 'oldest_pending_callback_age_seconds', {});

  expect(waiting.sum(`${prefix}callbacks`, { state: 'pending' })).toBe(1);
  stack.sandbox.control.setReceiver('busy', { status: 200 });
  await untilMetric(stack, 'oldest_pending_callback_age_seconds', {}, (age) => age === 0);
});

test('work that the queue has lost is driven on by a sweep', async () => {
  const before = (await scrape(stack)).sum(`${prefix}work_driven_on_total`) ?? 0;
  const order = newProvisioning({ stepNames: steps.map(({ name }) => name), sweepAfterMs: 0 });
  await acceptProvisioning(stack.pool, order);
  await stack.waitUntilDone(order.id);

  const metrics = await untilMetric(stack, 'work_driven_on_total', {}, (count) => count > before);
  expect(metrics.sum(`${prefix}sweeps_total`, { outcome: 'done' })).toBeGreaterThan(0);
});

/** Provisions with a slow first call, and claims it during that call as a worker would that is dead since. */
async function takeDuringCall(delayMs: number): Promise<string> {
  const { control } = stack.sandbox;
  const fault = { provider: 'supabase', operation: 'createProject', mode: 'latency', delayMs } as const;
  const faultId = control.addFault(fault);
  const { id } = await stack.provision();
  await until(() => control.faults().some((f) => f.id === faultId && f.fired > 0) || undefined, 'the call');
  await stack.pool.query(
    `update ledger.provisionings set epoch = epoch + 1, lease_holder = '2147483648',
         lease_until = clock_timestamp() + interval '1 hour' where id = $1`,
    [id],
  );
  return id;
}

test('a write that came too late, and the lease of a dead worker that was ended', async () => {
  const id = await takeDuringCall(1000);
  await untilMetric(stack, 'stale_writes_refused_total', {});
  await untilMetric(stack, 'leases_revoked_total', {});

  expect(await stack.waitUntilDone(id)).toMatchObject({ status: 'succeeded' });
});

test('a lease that another worker has taken', async () => {
  // Longer than the time between two renewals, a third of LEASE_MS.
  const id = await takeDuringCall(4500);
  await untilMetric(stack, 'leases_lost_total', { reason: 'taken' });

  expect(await stack.waitUntilDone(id)).toMatchObject({ status: 'succeeded' });
});

test('what is unfinished: how long the oldest has been asked for, and its jobs in the queue', async () => {
  stack.sandbox.control.addFault({
    provider: 'supabase',
    operation: 'createProject',
    mode: 'latency',
    delayMs: 1500,
  });
  const { id } = await stack.provision();
  const metrics = await untilMetric(stack, 'oldest_unfinished_provisioning_age_seconds', {});
  const ofFlow = { queue: 'provisioning', state: 'waiting-children' };

  // Four steps and the root wait for the first.
  expect(metrics.sum(`${prefix}queue_jobs`, ofFlow)).toBeGreaterThanOrEqual(5);
  await stack.waitUntilDone(id);
  await untilMetric(stack, 'oldest_unfinished_provisioning_age_seconds', {}, (age) => age === 0);
});

test('an offboarding counts from when it was asked for, not from when the client came', async () => {
  const { id, clientId } = await stack.provision();
  await stack.waitUntilDone(id);
  await stack.pool.query(
    `alter table ledger.events disable trigger append_only;
       update ledger.events set at = at - interval '1 year' where provisioning_id = '${id}';
       alter table ledger.events enable trigger append_only`,
  );
  stack.sandbox.control.addFault({
    provider: 'n8n',
    operation: 'getWorkflow',
    mode: 'latency',
    delayMs: 1500,
  });
  await stack.call(`/api/provisioning/${id}/rollback`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ confirm: clientId }),
  });
  const metrics = await untilMetric(stack, 'oldest_unfinished_provisioning_age_seconds', {});

  expect(metrics.sum(`${prefix}oldest_unfinished_provisioning_age_seconds`)).toBeLessThan(60);
  await stack.waitUntilDone(id);
});

test('by then every metric that is promised has been seen, with its type and labels, and no other', async () => {
  const metrics = await scrape(stack);
  const labels = labelsByFamily(metrics);
  const seen = [...metrics.types].map(([name, type]) => [
    name,
    { type, labels: [...(labels.get(name) ?? [])].toSorted() },
  ]);

  expect(Object.fromEntries(seen)).toEqual(Object.fromEntries(promisedMetrics()));
});

test('no label names a client, a provisioning, an object or a host', async () => {
  const { samples } = await scrape(stack);
  const values = new Set(samples.flatMap(({ labels }) => Object.values(labels)));
  const objects = stack.sandbox.control.objects().flatMap(({ id, name }) => [id, name]);

  for (const value of values) {
    expect(value).not.toMatch(/client-|[0-9a-f]{8}-|\d+\.\d+\.\d+\.\d+|localhost/);
    expect(objects).not.toContain(value);
  }
  // As many as the program has words for, however much it does.
  expect(values.size).toBeLessThan(150);
});
