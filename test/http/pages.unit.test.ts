import { expect, test } from 'vitest';
import { readAllPages } from '../../src/http/pages.ts';

const list = { provider: 'p', operation: 'GET /things', keyOf: ({ id }: { id: number }) => String(id) };
const page = (ids: number[], next?: number) => ({ items: ids.map((id) => ({ id })), next });

test('all pages are read, in their order', async () => {
  const pages = [page([1, 2], 1), page([3, 4], 2), page([5])];
  const all = await readAllPages(list, async (next: number = 0) => pages[next] ?? page([]));
  expect(all.map(({ id }) => id)).toEqual([1, 2, 3, 4, 5]);
});

test('a row that moves to the next page while it is read comes once', async () => {
  const pages = [page([1, 2], 1), page([2, 3])];
  const all = await readAllPages(list, async (next: number = 0) => pages[next] ?? page([]));
  expect(all.map(({ id }) => id)).toEqual([1, 2, 3]);
});

test('an empty page with a next one is no end', async () => {
  const pages = [page([], 1), page([1])];
  expect(await readAllPages(list, async (next: number = 0) => pages[next] ?? page([]))).toEqual([{ id: 1 }]);
});

test('a server that gives the same page again is an error in words, at once', async () => {
  let asked = 0;
  const read = async (next: number = 0) => {
    asked += 1;
    return page([1, 2], next + 1);
  };
  await expect(readAllPages(list, read)).rejects.toThrow('p: GET /things gave the same page again');
  expect(asked).toBe(2);
});

test('pages without end are an error', async () => {
  const read = async (next: number = 0) => page([next], next + 1);
  await expect(readAllPages(list, read)).rejects.toThrow('did not end after 1000 pages');
});
