import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ShownProvisioning, Stack } from '../helpers/stack.ts';
import { moveTo, problemOf, startApi, unknownId } from './support.ts';

let stack: Stack;
let accepted: ShownProvisioning;
beforeAll(async () => {
  stack = await startApi();
  accepted = await stack.provision();
});
afterAll(() => stack?.stop());

test('a provisioning is found by its id, in any case', async () => {
  expect(await stack.show(accepted.id)).toEqual(accepted);
  expect(await stack.show(accepted.id.toUpperCase())).toEqual(accepted);
});

describe('404 for', () => {
  test.each([
    ['an unknown id', unknownId],
    ['an id of zeros', '00000000-0000-0000-0000-000000000000'],
    ['a word', 'acme'],
    ['a number', '1'],
    ['half an id', unknownId.slice(0, 18)],
    ['an id and more', `${unknownId}0`],
    ['an id without hyphens', unknownId.replaceAll('-', '')],
    ['a quote', "'%20or%20'1'='1"],
    ['a NUL', '%00'],
    ['bytes that are no text', '%ff%fe'],
    ['a broken escape', '%zz'],
    ['a way out', '..%2f..%2fetc%2fpasswd'],
  ])('%s', async (_name, id) => {
    const response = await stack.call(`/api/provisioning/${id}`);

    expect(response.status).toBe(404);
    expect((await problemOf(response)).code).toBe('not-found');
  });

  test.each([
    '/',
    '/api',
    '/api/provisionings',
    `/api/provisioning/${unknownId}/steps`,
    '/admin',
    '/favicon.ico',
  ])('nothing at %s', async (path) => {
    const response = await stack.call(path);

    expect(response.status).toBe(404);
    expect((await problemOf(response)).code).toBe('not-found');
  });
});

test('an unknown query parameter is 400', async () => {
  const response = await stack.call(`/api/provisioning/${accepted.id}?verbose=1`);

  expect(response.status).toBe(400);
  expect((await problemOf(response)).errors).toEqual([
    { pointer: '?verbose', detail: 'is not a known field' },
  ]);
});

describe('whether it is done and whether somebody must act are shown for', () => {
  const failed = [
    ['running', 'none'],
    ['failed', 'pending'],
  ] as const;
  const undone = [...failed, ['failed', 'running']] as const;
  test.each<[string, boolean, boolean, readonly (readonly [string, string])[]]>([
    ['queued', false, false, []],
    ['running', false, false, [['running', 'none']]],
    [
      'paused',
      false,
      true,
      [
        ['running', 'none'],
        ['paused', 'none'],
      ],
    ],
    [
      'succeeded',
      true,
      false,
      [
        ['running', 'none'],
        ['succeeded', 'none'],
      ],
    ],
    ['failed, rollback pending', false, false, failed],
    ['failed, rollback running', false, false, undone],
    ['failed, rollback completed', true, false, [...undone, ['failed', 'completed']]],
    ['failed, rollback incomplete', true, true, [...undone, ['failed', 'incomplete']]],
    ['cancelled, rollback pending', false, false, [['cancelled', 'pending']]],
    [
      'succeeded, being offboarded',
      false,
      false,
      [
        ['running', 'none'],
        ['succeeded', 'none'],
        ['succeeded', 'pending'],
      ],
    ],
  ])('%s', async (_name, done, needsAttention, states) => {
    const { id } = await stack.provision();
    await moveTo(stack, id, ...states);
    const [status = 'queued', rollback = 'none'] = states.at(-1) ?? [];

    const shown = await stack.show(id);

    expect(shown).toMatchObject({ status, rollback: { status: rollback }, done, needsAttention });
    expect(shown.finishedAt !== null).toBe(done);
  });
});
