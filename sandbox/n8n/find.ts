import { z } from 'zod';
import { json, type Answer, type ProviderRequest } from '../exchange.ts';
import { listedWorkflow } from './answers.ts';
import type { World } from '../world.ts';
import type { N8nState, Workflow } from './state.ts';

const defaultLimit = 100;
const greatestLimit = 250;

const cursorContent = z.object({ limit: z.int().min(0), offset: z.int().min(0) });

/** True where the key's user has rights on a workflow: owners on all, members on those of their own project. */
export function isShared({ isForeign }: Workflow, { switches }: World): boolean {
  if (switches.blind.has('n8n')) return false;
  return switches.accounts.n8nRole === 'owner' || !isForeign;
}

/** SQL's `LIKE '%name%'`, whatever the case: `%` and `_` in the name are wildcards. */
export function likePattern(name: string): RegExp {
  const source = name
    .replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)
    .replaceAll('%', '.*')
    .replaceAll('_', '.');
  return new RegExp(source, 'is');
}

interface Page {
  limit: number;
  offset: number;
}

function readCursor(cursor: string): Page | undefined {
  try {
    const content: unknown = JSON.parse(Buffer.from(cursor, 'base64').toString('utf8'));
    return cursorContent.safeParse(content).data;
  } catch {
    return undefined;
  }
}

/** The page that is asked for. A cursor overrides the limit, and carries no filter. */
function pageOf(query: URLSearchParams): Page | { problem: string } {
  const cursor = query.get('cursor');
  if (cursor !== null && cursor !== '') {
    return readCursor(cursor) ?? { problem: 'An invalid cursor was provided' };
  }
  const limit = Number(query.get('limit') ?? defaultLimit);
  const offset = Number(query.get('offset') ?? 0);
  if (!Number.isInteger(limit) || limit < 0) return { problem: 'request/query/limit must be number >= 0' };
  if (!Number.isInteger(offset) || offset < 0) return { problem: 'request/query/offset must be number >= 0' };
  return { limit: Math.min(limit, greatestLimit), offset };
}

/** `GET /workflows`: a page of those that match, in the order of their random ids. */
export function listWorkflows(request: ProviderRequest, state: N8nState, world: World): Answer {
  const { query } = request;
  const page = pageOf(query);
  if ('problem' in page) return json(400, { message: page.problem });
  const name = likePattern(query.get('name') ?? '');
  const active = query.get('active');
  const found = state.workflows
    .all(request.view)
    .filter((workflow) => isShared(workflow, world))
    .filter((workflow) => name.test(workflow.name))
    .filter((workflow) => active === null || String(workflow.isActive) === active)
    .toSorted((a, b) => (a.id < b.id ? -1 : 1));
  const end = page.limit === 0 ? found.length : page.offset + page.limit;
  // A limit of 0 gives everything, and a cursor that never ends.
  const isMore = page.limit === 0 || end < found.length;
  const next = Buffer.from(JSON.stringify({ limit: page.limit, offset: end })).toString('base64');
  return json(200, {
    data: found.slice(page.offset, end).map(listedWorkflow),
    nextCursor: isMore ? next : null,
  });
}
