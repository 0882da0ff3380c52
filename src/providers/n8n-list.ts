/**
 * The list of all workflows, whatever its rows weigh.
 *
 * A row holds the whole workflow, and a published one twice: 250 of them may be a few kilobytes or gigabytes. A page that
 * is too large is asked for again in smaller parts from where it began, and the next one may be larger again.
 */
import { z } from 'zod';
import { ProviderError } from '../errors.ts';
import { AnswerTooLarge } from '../http/request.ts';
import { parseJson } from '../http/json.ts';
import type { N8nWorkflow } from './n8n-workflow.ts';

/** The most that n8n gives at once. */
const largestPage = 250;
/** More than any server needs: a list that takes that many requests goes in a circle. */
const mostRequests = 10_000;

/** Where a page begins, and how many rows it has. */
export interface Place {
  readonly limit: number;
  /** Undefined: at the beginning. */
  readonly cursor: string | undefined;
}

export interface Page {
  readonly workflows: readonly N8nWorkflow[];
  readonly nextCursor: string | undefined;
}

const cursorContent = z.object({ limit: z.number(), offset: z.number() });

/** Reads the list to its end, each workflow once. */
export async function readWholeList(read: (place: Place) => Promise<Page>): Promise<N8nWorkflow[]> {
  const found = new Map<string, N8nWorkflow>();
  const asked = new Set<string>();
  let place: Place | undefined = { limit: largestPage, cursor: undefined };
  for (let requests = 0; place !== undefined; requests += 1) {
    const question = `${place.limit} ${place.cursor ?? ''}`;
    // A cursor that comes back is one that never ends.
    if (asked.has(question) || requests >= mostRequests) throw neverEnds(requests);
    asked.add(question);
    const page: Page | 'too-large' = await readUnlessTooLarge(read, place);
    if (page === 'too-large') {
      place = smallerPlace(place);
    } else {
      for (const workflow of page.workflows) found.set(workflow.id, workflow);
      place = nextPlace(page, place);
    }
  }
  return [...found.values()];
}

async function readUnlessTooLarge(read: (place: Place) => Promise<Page>, place: Place) {
  try {
    return await read(place);
  } catch (error) {
    const isTooLarge = error instanceof ProviderError && error.cause instanceof AnswerTooLarge;
    // Only n8n's own cursors can be divided.
    if (isTooLarge && offsetOf(place.cursor) !== undefined) return 'too-large';
    throw error;
  }
}

/** A quarter of the rows. A single row of that size is passed over: n8n takes no workflow of ours that large. */
function smallerPlace({ limit, cursor }: Place): Place {
  const offset = offsetOf(cursor) ?? 0;
  if (limit === 1) return { limit, cursor: cursorAt(1, offset + 1) };
  const fewer = Math.max(1, Math.floor(limit / 4));
  return { limit: fewer, cursor: offset === 0 ? undefined : cursorAt(fewer, offset) };
}

function nextPlace({ nextCursor }: Page, { limit }: Place): Place | undefined {
  if (nextCursor === undefined || nextCursor === '') return undefined;
  const offset = offsetOf(nextCursor);
  if (offset === undefined || limit === largestPage) return { limit, cursor: nextCursor };
  const more = Math.min(largestPage, limit * 2);
  return { limit: more, cursor: cursorAt(more, offset) };
}

/** n8n's cursor is base64 of `{"limit","offset"}`, in all versions tried. */
function cursorAt(limit: number, offset: number): string {
  return Buffer.from(JSON.stringify({ limit, offset })).toString('base64');
}

/** Undefined: no cursor of that kind. */
function offsetOf(cursor: string | undefined): number | undefined {
  if (cursor === undefined) return 0;
  return cursorContent.safeParse(parseJson(Buffer.from(cursor, 'base64').toString('utf8'))).data?.offset;
}

function neverEnds(requests: number): ProviderError {
  return new ProviderError({
    provider: 'n8n',
    operation: 'GET /workflows',
    outcome: 'in-doubt',
    reason: `did not end after ${requests} pages`,
  });
}
