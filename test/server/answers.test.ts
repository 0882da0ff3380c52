import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Stack } from '../helpers/stack.ts';
import { order, post, problemOf, startApi, unknownId } from './support.ts';

let stack: Stack;
beforeAll(async () => {
  stack = await startApi();
});
afterAll(() => stack?.stop());

const paths = [
  '/healthz',
  '/readyz',
  '/api/provisioning',
  `/api/provisioning/${unknownId}`,
  '/admin/sign-in',
  '/nothing',
];

describe('on every answer, good or bad,', () => {
  test.each(paths)('%s has a request id of its own', async (path) => {
    const ids = await Promise.all([stack.call(path), stack.call(path)]).then((responses) =>
      responses.map(({ headers }) => headers.get('x-request-id')),
    );

    expect(ids[0]).toMatch(/^[0-9a-f-]{36}$/);
    expect(ids[1]).not.toBe(ids[0]);
  });

  test.each(paths)('%s has the request id that was sent', async (path) => {
    const response = await stack.call(path, { headers: { 'x-request-id': 'Root=1-67891233:abc.DEF_0' } });

    expect(response.headers.get('x-request-id')).toBe('Root=1-67891233:abc.DEF_0');
  });

  test.each(paths)('%s has security headers, and is not kept by anybody', async (path) => {
    const { headers } = await stack.call(path);

    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('x-frame-options')).toBe('SAMEORIGIN');
    expect(headers.get('referrer-policy')).toMatch(/^(no-referrer|same-origin)$/);
    expect(headers.get('content-security-policy')).toContain("default-src 'self'");
    expect(headers.get('content-security-policy')).not.toContain('upgrade-insecure-requests');
    expect(headers.get('cross-origin-opener-policy')).toBe('same-origin');
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.has('x-powered-by')).toBe(false);
  });
});

test.each(['with spaces', 'x'.repeat(201), 'ä', 'tab\tbed'])(
  'a request id that could do harm in a log is replaced: %s',
  async (sent) => {
    const headers = { 'x-request-id': Buffer.from(sent).toString('latin1') };
    const { requestId } = await problemOf(await stack.call('/nothing', { headers }));

    expect(requestId).toMatch(/^[0-9a-f-]{36}$/);
  },
);

test('an error is a problem document with the id under which the log has it', async () => {
  const response = await post(stack, order({ tier: 'gold' }), { headers: { 'x-request-id': 'find-me' } });

  expect(await problemOf(response)).toEqual({
    type: 'about:blank',
    title: 'Bad request',
    status: 400,
    detail: 'The request has invalid fields.',
    code: 'invalid-request',
    requestId: 'find-me',
    errors: [{ pointer: '/tier', detail: 'must be one of starter, professional, enterprise' }],
  });
});

test('a request is logged in one line, with neither query nor headers', async () => {
  await stack.call('/api/provisioning?limit=7', {
    headers: { 'x-request-id': 'logged-once', 'x-private': 'no-log' },
  });

  const lines = stack.logLines.filter((line) => line.includes('logged-once'));
  expect(lines).toHaveLength(1);
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({
    level: 30,
    req: { method: 'GET', path: '/api/provisioning' },
    res: { status: 200 },
  });
  expect(lines[0]).not.toMatch(/limit=7|no-log/);
});

test('links begin with PUBLIC_URL where it is set', async () => {
  const other = await startApi({ PUBLIC_URL: 'https://provisioner.example/base/' });
  try {
    const { id, clientId, links } = await other.provision();

    expect(links).toEqual({
      self: `https://provisioner.example/base/api/provisioning/${id}`,
      events: `https://provisioner.example/base/api/provisioning/${id}/events`,
      dashboard: `https://provisioner.example/base/clients/${clientId}?run=${id}`,
    });
  } finally {
    await other.stop();
  }
});
