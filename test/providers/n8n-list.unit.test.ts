/** The list of workflows, whatever its rows weigh: a server of so many rows, which refuses pages that are too large. */
import { expect, test } from 'vitest';
import { ProviderError } from '../../src/errors.ts';
import { AnswerTooLarge } from '../../src/http/request.ts';
import { readWholeList, type Page, type Place } from '../../src/providers/n8n-list.ts';

const operation = 'GET /workflows';

/** Rows of those sizes, and pages of at most 100 in all; a single row may have 1000. */
function serverOf(sizes: readonly number[]) {
  const asked: Place[] = [];
  async function read(place: Place): Promise<Page> {
    asked.push(place);
    const cursor =
      place.cursor ?? Buffer.from(JSON.stringify({ offset: 0, limit: place.limit })).toString('base64');
    const { offset } = JSON.parse(Buffer.from(cursor, 'base64').toString()) as { offset: number };
    const rows = sizes.slice(offset, offset + place.limit);
    const weight = rows.reduce((sum, size) => sum + size, 0);
    if (weight > (place.limit === 1 ? 1000 : 100))
      throw new ProviderError({
        provider: 'n8n',
        operation,
        outcome: 'in-doubt',
        cause: new AnswerTooLarge('too large'),
      });
    const end = offset + place.limit;
    const next = Buffer.from(JSON.stringify({ limit: place.limit, offset: end })).toString('base64');
    const workflows = rows.map((_, index) => ({
      id: String(offset + index),
      name: '',
      active: false,
      isArchived: false,
      createdAt: undefined,
      webhooks: [],
      answerId: undefined,
    }));
    return Promise.resolve({ workflows, nextCursor: end < sizes.length ? next : undefined });
  }
  return { asked, read };
}
const idsIn = async (sizes: readonly number[]) => {
  const { asked, read } = serverOf(sizes);
  const ids = (await readWholeList(read)).map(({ id }) => Number(id));
  return { ids, requests: asked.length };
};
const upTo = (count: number) => Array.from({ length: count }, (_, index) => index);

test('thousands of small workflows take few requests', async () => {
  expect(await idsIn(upTo(5000).map(() => 0.1))).toEqual({ ids: upTo(5000), requests: 20 });
});

test('a few large ones among many cost a few requests more, wherever they are', async () => {
  const sizes = upTo(2000).map((index) => ([0, 3, 999, 1000, 1999].includes(index) ? 90 : 0.1));
  const { ids, requests } = await idsIn(sizes);
  expect(ids).toEqual(upTo(2000));
  expect(requests).toBeLessThan(120);
});

test('one that is larger than any answer may be is passed over, and the others are read', async () => {
  expect((await idsIn([1, 2000, 1, 2000])).ids).toEqual([0, 2]);
});

test('a server that leads in a circle is an error, and no whole list', async () => {
  const page = { workflows: [], nextCursor: Buffer.from('{"limit":250,"offset":250}').toString('base64') };
  await expect(readWholeList(() => Promise.resolve(page))).rejects.toThrow(/did not end after 2 pages/);
});

test('an answer that is too large at a cursor that is not of that kind is the error that it was', async () => {
  const read = ({ cursor }: Place): Promise<Page> => {
    if (cursor === undefined) return Promise.resolve({ workflows: [], nextCursor: 'opaque' });
    throw new ProviderError({
      provider: 'n8n',
      operation,
      outcome: 'in-doubt',
      cause: new AnswerTooLarge('no'),
    });
  };
  await expect(readWholeList(read)).rejects.toMatchObject({ operation });
});
