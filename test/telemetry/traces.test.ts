/** One trace from the request to the last callback, whoever does the work and however it got to them. */
import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { addCallback } from '../../src/ledger/callbacks.ts';
import { inTransaction } from '../../src/ledger/pool.ts';
import { acceptProvisioning } from '../../src/ledger/provisionings.ts';
import { steps } from '../../src/steps/index.ts';
import { backends, newClientId, startStack, type Stack } from '../helpers/stack.ts';
import { until } from '../helpers/until.ts';
import { newProvisioning } from '../ledger/support.ts';
import { order, post } from '../server/support.ts';
import { startOtlpReceiver, type OtlpReceiver, type ReceivedSpan } from './otlp-receiver.ts';

function newTrace() {
  const traceId = randomBytes(16).toString('hex');
  const spanId = randomBytes(8).toString('hex');
  return { traceId, spanId, header: `00-${traceId}-${spanId}-01` };
}

describe.each(backends)('on %s', (backend) => {
  let receiver: OtlpReceiver;
  let stack: Stack;
  beforeAll(async () => {
    receiver = await startOtlpReceiver();
    stack = await startStack({
      backend,
      environment: { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url },
    });
  });
  afterAll(async () => {
    await stack?.stop();
    await receiver?.stop();
  });

  const spansOf = (traceId: string) => receiver.spans().filter((span) => span.traceId === traceId);
  const untilSpan = (name: string, traceId: string) =>
    until(() => {
      const found = spansOf(traceId).filter((span) => span.name === name);
      return found.length > 0 ? found : undefined;
    }, `the span "${name}"`);
  const namesOf = (spans: readonly ReceivedSpan[]) => new Set(spans.map(({ name }) => name));

  /** Spans that name this provisioning and are in another trace. */
  const strays = (id: string, traceId: string) =>
    receiver
      .spans()
      .filter((span) => span.traceId !== traceId && JSON.stringify(span.attributes).includes(id))
      .map(({ name }) => name);

  async function provision(fields: Record<string, unknown>, header: string): Promise<string> {
    const response = await post(stack, order(fields), { headers: { traceparent: header } });
    expect(response.status).toBe(202);
    const { id } = (await response.json()) as { id: string };
    return id;
  }

  test('a success: the request, every step, every call to a provider and the callback are one trace', async () => {
    const { traceId, spanId, header } = newTrace();
    const callbackUrl = `${stack.sandbox.urls.control}/receiver/traced-${backend}`;
    const id = await provision({ callbackUrl }, header);
    await untilSpan('callback provisioning.succeeded', traceId);
    await untilSpan('process callbacks', traceId);

    const spans = spansOf(traceId);
    const request = spans.find(({ name }) => name === 'POST /api/provisioning');
    expect(request).toMatchObject({
      parentSpanId: spanId,
      service: 'client-provisioner',
      attributes: { 'http.response.status_code': 202 },
    });
    for (const { name } of steps) expect(namesOf(spans)).toContain(`run ${name}`);
    for (const name of [
      'addFlow provisioning',
      'process provisioning',
      'supabase POST /v1/projects',
      'github POST /repos/{template_owner}/{template_repo}/generate',
      'n8n POST /workflows',
    ])
      expect(namesOf(spans)).toContain(name);
    expect(strays(id, traceId)).toEqual([]);
  });

  test('every span of a trace but its first has its parent there', async () => {
    const { traceId, spanId, header } = newTrace();
    const id = await provision({}, header);
    await stack.waitUntilDone(id);
    const orphans = () => {
      const spans = spansOf(traceId);
      const ids = new Set([spanId, ...spans.map((span) => span.spanId)]);
      return spans.filter(({ parentSpanId }) => !ids.has(parentSpanId ?? '')).map(({ name }) => name);
    };
    await untilSpan('supabase POST /v1/projects', traceId);
    await until(() => orphans().length === 0 || undefined, 'all parents');

    const call = spansOf(traceId).find(({ name }) => name === 'supabase POST /v1/projects');
    const parents = spansOf(traceId).filter((span) => span.spanId === call?.parentSpanId);
    expect(parents.map(({ name }) => name)).toEqual(['run supabase-project']);
  });

  test('a failure, its undo and both callbacks are in the trace of the request, without one of the caller’s too', async () => {
    const clientId = newClientId();
    await stack.sandbox.control.createForeign('github.repository', `client-${clientId}-app`);
    const callbackUrl = `${stack.sandbox.urls.control}/receiver/failed-${backend}`;
    const { id } = await stack.provision({ clientId, callbackUrl });
    await stack.waitUntilDone(id);
    const [last] = await until(() => {
      const found = receiver.spans().filter(({ name }) => name === 'callback provisioning.rolled_back');
      return found.length > 0 ? found : undefined;
    }, 'the last callback');
    const traceId = last?.traceId ?? '';
    await untilSpan('process rollback', traceId);

    const names = namesOf(spansOf(traceId));
    for (const name of ['POST /api/provisioning', 'callback provisioning.failed', 'undo supabase-project'])
      expect(names).toContain(name);
    expect(strays(id, traceId)).toEqual([]);
  });

  test('work that only the sweeper has found joins the trace that the ledger knows', async () => {
    const { traceId, header } = newTrace();
    const accepted = newProvisioning({
      stepNames: steps.map(({ name }) => name),
      sweepAfterMs: 0,
      traceParent: header,
      callbackUrl: `${stack.sandbox.urls.control}/receiver/swept-${backend}`,
    });
    await acceptProvisioning(stack.pool, accepted);
    await untilSpan('callback provisioning.succeeded', traceId);

    const names = namesOf(spansOf(traceId));
    for (const { name } of steps) expect(names).toContain(`run ${name}`);
    expect(strays(accepted.id, traceId)).toEqual([]);
  });

  test('a callback that only the sweeper has found joins the trace of its provisioning', async () => {
    const { traceId, header } = newTrace();
    const receiverName = `found-${backend}`;
    const callbackUrl = `${stack.sandbox.urls.control}/receiver/${receiverName}`;
    const id = await provision({ callbackUrl }, header);
    await untilSpan('process callbacks', traceId);
    const callback = { id: randomUUID(), provisioningId: id, sequence: 2, type: 'a.test', body: '{}' };
    await inTransaction(stack.pool, (db) => addCallback(db, callback));

    const jobs = await until(() => {
      const found = spansOf(traceId).filter(({ name }) => name === 'process callbacks');
      return found.length === 2 ? found : undefined;
    }, 'the job of the second callback');
    expect(jobs).toHaveLength(2);
  });

  test('callbacks join it too, whoever’s request they tell of', async () => {
    const { traceId, header } = newTrace();
    const { control } = stack.sandbox;
    const fault = {
      provider: 'supabase',
      operation: 'createProject',
      mode: 'latency',
      delayMs: 500,
    } as const;
    control.addFault(fault);
    const callbackUrl = `${stack.sandbox.urls.control}/receiver/cancelled-${backend}`;
    const id = await provision({ callbackUrl }, header);
    // Another request, with a trace of its own.
    expect((await stack.call(`/api/provisioning/${id}/cancel`, { method: 'POST' })).status).toBe(202);
    await untilSpan('callback provisioning.cancelled', traceId);
    await untilSpan('callback provisioning.rolled_back', traceId);

    expect(strays(id, traceId)).toEqual([]);
  });

  test('each attempt at a callback is a span of its own', async () => {
    const { traceId, header } = newTrace();
    const name = `late-${backend}`;
    stack.sandbox.control.setReceiver(name, { statuses: [503, 503, 200] });
    await provision({ callbackUrl: `${stack.sandbox.urls.control}/receiver/${name}` }, header);
    const attempts = await until(() => {
      const found = spansOf(traceId).filter((span) => span.name === 'callback provisioning.succeeded');
      return found.length === 3 ? found : undefined;
    }, 'three attempts');

    expect(attempts.map(({ attributes }) => attributes['http.response.status_code'])).toEqual([
      503, 503, 200,
    ]);
  });

  test('a call that a provider refuses has failed in the trace, by its status and nothing else', async () => {
    stack.sandbox.control.addFault({
      provider: 'n8n',
      operation: 'createWorkflow',
      mode: 'reject',
      status: 429,
      body: { message: 'canary-of-an-answer' },
    });
    const { traceId, header } = newTrace();
    await provision({}, header);
    const calls = await untilSpan('n8n POST /workflows', traceId);

    expect(calls[0]).toMatchObject({
      hasFailed: true,
      attributes: { 'error.type': '429', 'http.response.status_code': 429, 'peer.service': 'n8n' },
    });
    expect(receiver.bodies.join('')).not.toContain('canary-of-an-answer');
  });

  test('who asks for no trace gets none, and who sends nonsense gets a new one', async () => {
    const unsampled = newTrace();
    const quiet = await provision({}, unsampled.header.replace(/01$/, '00'));
    await stack.waitUntilDone(quiet);
    const { id } = await stack.provision();
    await stack.waitUntilDone(id);
    await until(
      () => receiver.spans().some(({ attributes }) => attributes['provisioning'] === id) || undefined,
      'the trace of the other',
    );

    expect(spansOf(unsampled.traceId)).toEqual([]);
    expect(strays(quiet, unsampled.traceId)).toEqual([]);
    const odd = await provision({}, 'ff-nonsense');
    await stack.waitUntilDone(odd);
    await until(
      () => receiver.spans().some(({ attributes }) => attributes['provisioning'] === odd) || undefined,
      'its trace',
    );
  });

  test('nothing that is sent names a client, an address, a URL or a secret', async () => {
    const callbackUrl = `${stack.sandbox.urls.control}/receiver/canary-receiver-${backend}`;
    const fields = {
      clientId: newClientId(),
      clientName: `Canary Name ${backend}`,
      orgEmail: `canary-${backend}@mail.example`,
      callbackUrl,
    };
    const { traceId, header } = newTrace();
    const id = await provision(fields, header);
    await untilSpan('callback provisioning.succeeded', traceId);
    const { rows } = await stack.pool.query<{ output: unknown }>(
      'select output from ledger.steps where provisioning_id = $1',
      [id],
    );
    const outputs = rows.flatMap(({ output }) => Object.values(output as Record<string, string>));
    const { environment } = stack;
    const secrets = Object.entries(environment)
      .filter(([name]) => /(TOKEN|KEY|KEYS|SECRET)$/.test(name))
      .flatMap(([, value]) => [value, value.split(':').at(-1) ?? value]);
    const sent = receiver.bodies.join('\n');

    expect(sent).toContain(id);
    expect(secrets.length).toBeGreaterThan(6);
    expect(outputs.length).toBeGreaterThan(6);
    for (const text of [...Object.values(fields), ...secrets, ...outputs.filter(({ length }) => length > 5)])
      expect(sent.includes(text), text).toBe(false);
    for (const address of [stack.sandbox.urls.github, stack.server.url])
      expect(sent).not.toContain(new URL(address).host);
  });

  test('receivers of callbacks learn of no trace', () => {
    const received = stack.sandbox.control.receivedCallbacks();

    expect(received.length).toBeGreaterThan(0);
    for (const { headers } of received) expect(Object.keys(headers)).not.toContain('traceparent');
  });
});
