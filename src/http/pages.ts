/** Lists that come in pages. */
import { ProviderError } from '../errors.ts';
import { AnswerTooLarge } from './request.ts';

/** More pages than any account has. */
const mostPages = 1000;

export interface PagedList<T> {
  readonly provider: string;
  readonly operation: string;
  /** The part of an item that tells it from others; all of it, unless given. */
  readonly keyOf?: (item: T) => string;
}

/**
 * Reads one page after the other, until there is no next one.
 *
 * A server that does not heed where it is asked to go on gives the same page for ever: a page without anything new, and
 * with a next one, is an error, and no end. Rows that move between pages while they are read come once.
 */
export async function readAllPages<T, Next>(
  { provider, operation, keyOf = (item) => JSON.stringify(item) }: PagedList<T>,
  read: (next: Next | undefined) => Promise<{ items: readonly T[]; next: Next | undefined }>,
): Promise<T[]> {
  const items = new Map<string, T>();
  const fail = (reason: string) => new ProviderError({ provider, operation, outcome: 'in-doubt', reason });
  let next: Next | undefined;
  for (let pages = 0; pages < mostPages; pages += 1) {
    const page = await read(next);
    const before = items.size;
    for (const item of page.items) items.set(keyOf(item), item);
    if (page.next === undefined) return [...items.values()];
    if (page.items.length > 0 && items.size === before)
      throw fail('gave the same page again: what follows is not known');
    next = page.next;
  }
  throw fail(`did not end after ${mostPages} pages`);
}

/** Lists by pages of that size, and by smaller ones where an answer grows too large. */
export async function withSmallerPages<T>(size: number, list: (size: number) => Promise<T>): Promise<T> {
  for (let limit = size; ; limit = Math.floor(limit / 6)) {
    try {
      return await list(limit);
    } catch (error) {
      const isTooLarge = error instanceof ProviderError && error.cause instanceof AnswerTooLarge;
      if (!isTooLarge || limit < 6) throw error;
    }
  }
}
