/** What somebody might try is refused exactly, writes nothing, and tells nothing about the inside. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { Role } from '../../src/ledger/roles.ts';
import type { Stack } from '../helpers/stack.ts';
import { makeKey, moveTo, order, post, startApi } from '../server/support.ts';
import { abuseOfRequests } from './abuse-of-requests.ts';
import { abuseOfRights } from './abuse-of-rights.ts';
import { sendRaw, type RawRequest } from './raw-request.ts';

const abuseCases = { ...abuseOfRights, ...abuseOfRequests };

let stack: Stack;
/** What the placeholders in requests stand for. */
const values = new Map<string, string>();

beforeAll(async () => {
  // Nobody takes up work, so whatever is written was written by a request.
  stack = await startApi({ CALLBACK_ALLOWED_HOSTS: '' });
  values.set('admin', stack.environment['ADMIN_API_KEY'] ?? '');
  values.set('ADMIN', (stack.environment['ADMIN_API_KEY'] ?? '').toUpperCase());
  for (const role of ['viewer', 'provisioner', 'operator'] satisfies Role[])
    values.set(role, (await makeKey(stack, role)).token);
  const accept = async (clientId: string, headers = {}) =>
    z.object({ id: z.string() }).parse(await (await post(stack, order({ clientId }), { headers })).json()).id;
  values.set('id', await accept('standing', { 'idempotency-key': 'standing' }));
  values.set('succeeded', await accept('succeeded'));
  await moveTo(stack, values.get('succeeded') ?? '', ['running', 'none'], ['succeeded', 'none']);
});
afterAll(() => stack?.stop());

function fill(text: string): string {
  return text.replaceAll(/\{(\w+)\}/g, (placeholder, name: string) => values.get(name) ?? placeholder);
}

function filled(request: RawRequest, as: string): RawRequest {
  const authorization = as === 'nobody' ? [] : [['Authorization', `Bearer {${as}}`] as const];
  return {
    ...request,
    path: fill(request.path ?? '/'),
    headers: [...authorization, ...(request.headers ?? [])].map(([name, value]) => [name, fill(value)]),
    body: typeof request.body === 'string' ? fill(request.body) : request.body,
    ...(request.bytes === undefined ? {} : { bytes: fill(request.bytes) }),
  };
}

/** How many rows each table of the ledger has; failures of signing in are counted, and meant to be. */
async function countAll(): Promise<Record<string, number>> {
  const { rows } = await stack.pool.query<{ name: string }>(
    `select quote_ident(tablename) as name from pg_tables
     where schemaname = 'ledger' and tablename not in ('auth_failures', 'rate_limits') order by 1`,
  );
  const counts: Record<string, number> = {};
  for (const { name } of rows) {
    const { rows: counted } = await stack.pool.query<{ count: number }>(
      `select count(*)::int as count from ledger.${name}`,
    );
    counts[name] = counted[0]?.count ?? 0;
  }
  return counts;
}

/** Stack traces, places in files, and words of SQL and of the libraries inside. */
const inside =
  /\n\s+at |node_modules|\.[jt]s:\d|\/src\/|\/home\/|select .* from|insert into|syntax error at|relation "|postgres:\/\/|ZodError|SyntaxError|TypeError/i;

describe.each(Object.entries(abuseCases))('%s', (_group, cases) => {
  test.each(cases)('$name: $answer', async ({ name: _name, as = 'admin', answer, ...request }) => {
    const before = await countAll();

    const { status, code, text } = await sendRaw(stack.server.url, filled(request, as));

    expect([status, code].filter((part) => part !== undefined).join(' ')).toBe(answer);
    expect(text).not.toMatch(inside);
    expect(text).not.toMatch(/^set-cookie:/im);
    expect(await countAll()).toEqual(before);
  });
});

test('there are at least 200 of these, all different', () => {
  const names = Object.entries(abuseCases).flatMap(([group, cases]) =>
    cases.map(({ name }) => `${group}: ${name}`),
  );

  expect(new Set(names).size).toBe(names.length);
  expect(names.length).toBeGreaterThanOrEqual(200);
});
