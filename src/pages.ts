/** Lists that come in pages. */
import { ProviderError } from './errors.ts';
import { AnswerTooLarge } from './http.ts';

/** More pages than any account has: whoever gets that far is given the same ones again and again. */
const mostPages = 1000;

/** Reads one page after the other, until there is no next one. */
export async function readAllPages<T, Next>(
  list: { readonly provider: string; readonly operation: string },
  read: (next: Next | undefined) => Promise<{ items: readonly T[]; next: Next | undefined }>,
): Promise<T[]> {
  const items: T[] = [];
  let next: Next | undefined;
  for (let pages = 0; pages < mostPages; pages += 1) {
    const page = await read(next);
    items.push(...page.items);
    if (page.next === undefined) return items;
    next = page.next;
  }
  throw new ProviderError({ ...list, outcome: 'in-doubt', reason: `did not end after ${mostPages} pages` });
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
