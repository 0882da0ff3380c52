import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newClientId, type ShownProvisioning, type Stack } from '../helpers/stack.ts';
import { moveTo, problemOf, startApi } from './support.ts';

interface Page {
  items: ShownProvisioning[];
  nextCursor: string | null;
}

let stack: Stack;
beforeAll(async () => {
  stack = await startApi();
});
afterAll(() => stack?.stop());

async function list(query = ''): Promise<Page> {
  const response = await stack.call(`/api/provisioning${query}`);
  expect(response.status).toBe(200);
  return (await response.json()) as Page;
}

async function listAll(query: string, between?: () => Promise<unknown>): Promise<string[]> {
  const ids: string[] = [];
  for (let cursor: string | null = ''; cursor !== null;) {
    const page: Page = await list(`${query}${cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`}`);
    ids.push(...page.items.map(({ id }) => id));
    cursor = page.nextCursor;
    await between?.();
  }
  return ids;
}

test('nothing is an empty list', async () => {
  expect(await list()).toEqual({ items: [], nextCursor: null });
});

describe('with some of each kind', () => {
  const ids: string[] = [];
  let paused: ShownProvisioning;
  let incomplete: ShownProvisioning;
  let succeeded: ShownProvisioning;
  beforeAll(async () => {
    for (let count = 0; count < 22; count += 1) ids.unshift((await stack.provision()).id);
    paused = await stack.provision();
    await moveTo(stack, paused.id, ['running', 'none'], ['paused', 'none']);
    incomplete = await stack.provision();
    await moveTo(
      stack,
      incomplete.id,
      ['cancelled', 'pending'],
      ['cancelled', 'running'],
      ['cancelled', 'incomplete'],
    );
    succeeded = await stack.provision();
    await moveTo(stack, succeeded.id, ['running', 'none'], ['succeeded', 'none']);
    ids.unshift(succeeded.id, incomplete.id, paused.id);
  });

  test('the newest comes first, twenty to a page, each as it is shown by itself', async () => {
    const page = await list();

    expect(page.items.map(({ id }) => id)).toEqual(ids.slice(0, 20));
    expect(page.items[0]).toEqual(await stack.show(succeeded.id));
    expect(page.nextCursor).not.toBeNull();
    const rest = await list(`?cursor=${page.nextCursor}`);
    expect(rest).toMatchObject({ items: ids.slice(20).map((id) => ({ id })), nextCursor: null });
  });

  test.each([1, 2, 7, 24, 25, 26, 100])('pages of %i show each exactly once, in order', async (limit) => {
    expect(await listAll(`?limit=${limit}`)).toEqual(ids);
  });

  test('a last page that is exactly full has no next one', async () => {
    expect((await list(`?limit=${ids.length}`)).nextCursor).toBeNull();
  });

  test.each([
    ['?status=paused', () => [paused.id]],
    ['?status=succeeded', () => [succeeded.id]],
    ['?status=failed', () => []],
    ['?needsAttention=true', () => [incomplete.id, paused.id]],
    ['?needsAttention=true&status=cancelled', () => [incomplete.id]],
    ['?needsAttention=false&status=paused', () => []],
    ['?status=queued&limit=100', () => ids.slice(3)],
  ])('%s shows only those', async (query, wanted) => {
    expect((await list(query)).items.map(({ id }) => id)).toEqual(wanted());
  });

  test('a filter holds on every page', async () => {
    expect(await listAll('?needsAttention=false&limit=4')).toEqual([succeeded.id, ...ids.slice(3)]);
  });

  test('clientId shows the history of one client', async () => {
    const clientId = newClientId();
    const first = await stack.provision({ clientId });
    await moveTo(stack, first.id, ['failed', 'pending'], ['failed', 'running'], ['failed', 'completed']);
    const second = await stack.provision({ clientId });
    ids.unshift(second.id, first.id);

    const { items } = await list(`?clientId=${clientId}`);

    expect(items.map(({ id }) => id)).toEqual([second.id, first.id]);
    expect((await list('?clientId=client-that-never-was')).items).toEqual([]);
  });

  test('what arrives between two pages moves nothing', async () => {
    const newer: string[] = [];

    const seen = await listAll('?limit=5', async () => {
      newer.unshift((await stack.provision()).id);
    });

    expect(seen).toEqual(ids);
    ids.unshift(...newer);
  });

  test('provisionings of the very same moment are not lost between pages', async () => {
    await stack.pool.query(`update ledger.provisionings set created_at = '2001-01-01T00:00:00.123456Z'`);

    const seen = await listAll('?limit=3');

    expect(seen).toHaveLength(ids.length);
    expect(new Set(seen)).toEqual(new Set(ids));
  });
});

describe('400 with the name of the parameter for', () => {
  const forged = (text: string) => `?cursor=${Buffer.from(text).toString('base64url')}`;
  const id = '11111111-1111-4111-8111-111111111111';
  test.each([
    ['?status=done', '?status'],
    ['?status=', '?status'],
    ['?status=queued&status=failed', '?status'],
    ['?clientId=Acme', '?clientId'],
    ['?clientId=%00', '?clientId'],
    [`?clientId=${'a'.repeat(51)}`, '?clientId'],
    ['?needsAttention=yes', '?needsAttention'],
    ['?needsAttention=', '?needsAttention'],
    ['?limit=0', '?limit'],
    ['?limit=-1', '?limit'],
    ['?limit=101', '?limit'],
    ['?limit=1.5', '?limit'],
    ['?limit=1e1', '?limit'],
    ['?limit=ten', '?limit'],
    ['?limit=', '?limit'],
    ['?limit=1&limit=2', '?limit'],
    ['?cursor=', '?cursor'],
    ['?cursor=2', '?cursor'],
    [forged('now'), '?cursor'],
    [forged(`2026-01-01T00:00:00.000000Z 7`), '?cursor'],
    [forged(`2026-02-31T00:00:00.000000Z ${id}`), '?cursor'],
    [forged(`0000-01-01T00:00:00.000000Z ${id}`), '?cursor'],
    [forged(`2026-01-01T00:00:00.000000Z ${id} and more`), '?cursor'],
    ['?page=2', '?page'],
    ['?Limit=2', '?Limit'],
    ['?offset=1&sort=up', '?offset'],
  ])('%s', async (query, pointer) => {
    const response = await stack.call(`/api/provisioning${query}`);

    expect(response.status).toBe(400);
    const { errors = [] } = await problemOf(response);
    expect(errors[0]?.pointer).toBe(pointer);
  });
});
