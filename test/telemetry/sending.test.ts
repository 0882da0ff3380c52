/** What becomes of the work when traces cannot be sent: nothing. */
import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { startStack, type Stack, type StackOptions } from '../helpers/stack.ts';
import { until } from '../helpers/until.ts';
import { startOtlpReceiver } from './otlp-receiver.ts';

async function startTraced(url: string, options: Partial<StackOptions> = {}): Promise<Stack> {
  const environment = { OTEL_EXPORTER_OTLP_ENDPOINT: url, ...options.environment };
  const stack = await startStack({ backend: 'redis', ...options, environment });
  onTestFinished(() => stack.stop());
  return stack;
}

const complaints = ({ logLines }: Stack) =>
  logLines.filter((line) => line.includes('traces could not be sent'));

/** Takes requests, and answers as it is told to, or never. */
async function startReceiver(status: number | undefined): Promise<{ url: string; asked: () => number }> {
  let asked = 0;
  const server: Server = createServer((request, response) => {
    asked += 1;
    request.resume();
    if (status !== undefined) response.writeHead(status).end('canary-of-the-receiver');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked: () => asked };
}

test('a receiver that refuses spans is told of once a minute, without its words, and harms nothing', async () => {
  const receiver = await startReceiver(400);
  const stack = await startTraced(receiver.url);
  const { id } = await stack.provision();
  expect(await stack.waitUntilDone(id)).toMatchObject({ status: 'succeeded' });
  // Each request is a span, and each second's spans are sent at once.
  await until(async () => {
    await (await stack.call('/api/provisioning')).text();
    return receiver.asked() >= 3 || undefined;
  }, 'several refusals');

  expect(complaints(stack)).toHaveLength(1);
  expect(JSON.parse(complaints(stack)[0] ?? '')).toMatchObject({ level: 40, reason: 400 });
  expect(stack.logLines.join('')).not.toContain('canary-of-the-receiver');
});

test('a receiver that is away harms nothing', async () => {
  const stack = await startTraced('http://127.0.0.1:1');
  const { id } = await stack.provision();

  expect(await stack.waitUntilDone(id)).toMatchObject({ status: 'succeeded' });
});

test('a stop sends what is left', async () => {
  const receiver = await startOtlpReceiver();
  onTestFinished(() => receiver.stop());
  const stack = await startStack({
    backend: 'redis',
    workers: 0,
    environment: { OTEL_EXPORTER_OTLP_ENDPOINT: `${receiver.url}/`, OTEL_SERVICE_NAME: 'staging' },
  });
  await stack.provision();
  await stack.stop();

  const span = receiver.spans().find(({ name }) => name === 'POST /api/provisioning');
  expect(span).toMatchObject({ service: 'staging' });
});

test('a receiver that never answers holds up a stop by a second at most', async () => {
  const receiver = await startReceiver(undefined);
  const stack = await startStack({
    backend: 'redis',
    workers: 0,
    environment: { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url },
  });
  await stack.provision();
  const before = performance.now();
  await stack.stop();

  expect(receiver.asked()).toBeGreaterThan(0);
  // Sending is given up after 10 s.
  expect(performance.now() - before).toBeLessThan(8000);
});

test('where no endpoint is set nothing is traced, nor kept in the ledger', async () => {
  const stack = await startStack({ backend: 'redis' });
  onTestFinished(() => stack.stop());
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  const response = await stack.call('/api/provisioning', {
    method: 'POST',
    headers: { traceparent, 'content-type': 'application/json' },
    body: JSON.stringify({
      clientId: 'untraced',
      clientName: 'Untraced',
      orgEmail: 'ops@untraced.example',
      tier: 'starter',
    }),
  });
  const { id } = (await response.json()) as { id: string };
  await stack.waitUntilDone(id);
  const { rows } = await stack.pool.query('select trace_parent from ledger.provisionings');

  expect(rows).toEqual([{ trace_parent: null }]);
});
