import { request } from 'node:http';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Stack } from '../helpers/stack.ts';
import { countRows, order, post, problemOf, startApi } from './support.ts';

let stack: Stack;
beforeAll(async () => {
  stack = await startApi();
});
afterAll(() => stack?.stop());

describe('413 for a body over 64 KiB', () => {
  test('that says so', async () => {
    const response = await post(stack, order({ clientName: 'x'.repeat(64 * 1024) }));

    expect(response.status).toBe(413);
    expect(await problemOf(response)).toMatchObject({ code: 'content-too-large' });
  });

  test('by one byte, however it is filled', async () => {
    expect((await post(stack, JSON.stringify(order()).padEnd(64 * 1024 + 1))).status).toBe(413);
  });

  test('that comes in pieces of unknown length', async () => {
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const sending = request(
        `${stack.server.url}/api/provisioning`,
        {
          method: 'POST',
          headers: {
            authorization: `Bearer ${stack.environment['ADMIN_API_KEY']}`,
            'content-type': 'application/json',
            'transfer-encoding': 'chunked',
          },
        },
        (response) => {
          response.resume();
          resolve(response.statusCode);
        },
      );
      sending.on('error', reject);
      for (let count = 0; count < 70; count += 1) sending.write(' '.repeat(1024));
      sending.end();
    });

    expect(status).toBe(413);
  });

  test('after it is unpacked', async () => {
    const before = await countRows(stack);
    const response = await stack.call('/api/provisioning', {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' },
      body: new Uint8Array(gzipSync(JSON.stringify(order()).padEnd(1_000_000))),
    });

    expect(response.status).toBe(413);
    expect(await countRows(stack)).toBe(before);
  });
});

describe('415 for a body that is', () => {
  test.each([
    ['a form', 'application/x-www-form-urlencoded'],
    ['plain text', 'text/plain'],
    ['another kind of JSON', 'application/merge-patch+json'],
    ['of no known type', ''],
  ])('%s', async (_name, type) => {
    const before = await countRows(stack);
    const response = await stack.call('/api/provisioning', {
      method: 'POST',
      headers: type === '' ? {} : { 'content-type': type },
      body: new Uint8Array(Buffer.from(JSON.stringify(order()))),
    });

    expect(response.status).toBe(415);
    expect(await problemOf(response)).toMatchObject({ code: 'unsupported-media-type' });
    expect(await countRows(stack)).toBe(before);
  });

  test('packed in an unknown way', async () => {
    const response = await post(stack, order(), { headers: { 'content-encoding': 'zstd-of-old' } });

    expect(response.status).toBe(415);
    await problemOf(response);
  });

  test('in an unknown character set', async () => {
    const response = await post(stack, order(), {
      headers: { 'content-type': 'application/json; charset=klingon' },
    });

    expect(response.status).toBe(415);
    await problemOf(response);
  });
});
