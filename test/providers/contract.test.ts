/** Every request of whole runs, held against the facts about each vendor's API. */
import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { scanOrphans } from '../../src/orphans/scan.ts';
import { runChecks } from '../../src/preflight/run-checks.ts';
import { vercelClient } from '../../src/providers/vercel.ts';
import type { ProviderName, Sandbox } from '../../sandbox/sandbox.ts';
import { steps } from '../../src/steps/index.ts';
import type { SentRequest } from '../helpers/openapi.ts';
import { startStack, type Stack, type StackOptions } from '../helpers/stack.ts';
import { readFacts, vendorFacts } from '../helpers/vendor-facts/read-facts.ts';

type JournalEntry = ReturnType<Sandbox['control']['journal']>[number];

const vendors = ['supabase', 'github', 'vercel', 'n8n'] as const;

const clients = new URL('../../src/providers/', import.meta.url);

function sourceOf(vendor: string): string {
  const files = readdirSync(clients).filter((file) => file.split(/[.-]/)[0] === vendor);
  return files.map((file) => readFileSync(new URL(file, clients), 'utf8')).join('\n');
}

/** The operations that the clients know, as they stand in their source. */
function operationsOf(vendor: ProviderName): string[] {
  const found = sourceOf(vendor).matchAll(/'((?:GET|POST|PUT|PATCH|DELETE) \/[^']*)'/g);
  return [...new Set([...found].map(([, operation = '']) => operation))];
}

/** The names of the fields in the clients' schemas: `name: z.string()`, `name: text`, `name: projectSchema`. */
function fieldsReadOf(vendor: ProviderName): string[] {
  const found = sourceOf(vendor).matchAll(
    /\b(\w+):\s*(?:z\s*\.\s*[a-z]|(?:\w+Schema|startupText|text|date)\b(?!\())/g,
  );
  // A schema that is handed over is no field.
  return [...new Set([...found].map(([, name = '']) => name))].filter((name) => name !== 'schema');
}

/** The names of all fields in a fragment of JSON Schema. */
function fieldsIn(shape: unknown): string[] {
  if (typeof shape !== 'object' || shape === null) return [];
  return Object.entries(shape).flatMap(([key, value]: [string, unknown]) =>
    key === 'properties' && typeof value === 'object' && value !== null
      ? [...Object.keys(value), ...Object.values(value).flatMap(fieldsIn)]
      : fieldsIn(value),
  );
}

const asSent = ({ provider, method, path, requestBody }: JournalEntry): SentRequest => ({
  method,
  path:
    provider === 'n8n'
      ? path
          .replace(/^\/api\/v1(?=\/)/, '')
          // A webhook's own path has several segments.
          .replace(/(?<=^\/webhook\/).+/, (own) => encodeURIComponent(own))
      : path,
  body: requestBody,
});

/** One run after the other, each with its own stack; answers all that was sent. */
async function sendEverything(): Promise<JournalEntry[]> {
  const entries: JournalEntry[] = [];
  const run = async (options: Partial<StackOptions>, act: (stack: Stack) => Promise<void>) => {
    const stack = await startStack({ backend: 'redis', ...options });
    try {
      await act(stack);
      entries.push(...stack.sandbox.control.journal());
    } finally {
      await stack.stop();
    }
  };
  const provision = async (stack: Stack, expected: 'succeeded' | 'failed') => {
    const { id } = await stack.provision();
    const rollback = { status: expected === 'failed' ? 'completed' : 'none' };
    expect(await stack.waitUntilDone(id)).toMatchObject({ status: expected, rollback });
  };
  const failAtTheEnd = ({ sandbox }: Stack) =>
    sandbox.control.addFault({
      provider: 'n8n',
      operation: 'probeWebhook',
      mode: 'reject',
      status: 400,
      body: {},
      times: -1,
    });

  await run({}, async (stack) => {
    stack.sandbox.control.addFault({ provider: 'vercel', operation: 'createDeployment', mode: 'drop-after' });
    await provision(stack, 'succeeded');
    failAtTheEnd(stack);
    await provision(stack, 'failed');
  });
  const otherVariables = {
    SCHEMA_TRANSPORT: 'http',
    SUPABASE_REGION: 'smartGroup:emea',
    SUPABASE_INSTANCE_SIZES: 'starter:micro',
  };
  await run({ environment: otherVariables }, (stack) => provision(stack, 'succeeded'));
  await run({ sandbox: { n8n: '1.122', legacyKeysOnly: true } }, async (stack) => {
    await provision(stack, 'succeeded');
    failAtTheEnd(stack);
    await provision(stack, 'failed');
  });
  await run({ workers: 0 }, async ({ environment, pool }) => {
    const signal = AbortSignal.timeout(10_000);
    expect(await scanOrphans(pool, { steps, environment, timeoutMs: 5000, signal })).toMatchObject({
      errors: [],
    });
    const surroundings = { steps, environment, timeoutMs: 5000, signal, onDefect: () => {} };
    expect((await runChecks(surroundings)).filter(({ ok }) => !ok)).toEqual([]);
    const personal = vercelClient({
      apiUrl: environment['VERCEL_API_URL'] ?? '',
      token: environment['VERCEL_TOKEN'] ?? '',
      teamId: undefined,
      timeoutMs: 5000,
      signal: AbortSignal.timeout(10_000),
    });
    await personal.readAccount();
  });
  return entries;
}

describe('requests are as the facts about each vendor say', () => {
  let entries: JournalEntry[] = [];
  beforeAll(async () => {
    entries = await sendEverything();
  }, 180_000);
  afterAll(() => {
    entries = [];
  });
  const entriesOf = (vendor: ProviderName) => entries.filter(({ provider }) => provider === vendor);

  test('every provider client is known here', () => {
    const known = new Set(readdirSync(clients).map((file) => file.split(/[.-]/)[0]));
    expect(known).toEqual(new Set([...vendors, 'postgres']));
  });

  describe.each(vendors)('%s', (vendor) => {
    const facts = readFacts(vendor);
    const known = Object.keys(vendorFacts[vendor].operations);

    test('path, query and body of every request fit the operation, and hold nothing besides', () => {
      const problems = new Set<string>();
      for (const request of entriesOf(vendor).map(asSent)) {
        const operation = facts.operationOf(request) ?? `${request.method} ${request.path}`;
        for (const problem of facts.problemsOf(request)) problems.add(`${operation}: ${problem}`);
      }
      expect([...problems]).toEqual([]);
    });

    test('every operation of the client is among the facts', () => {
      expect(operationsOf(vendor).filter((operation) => !known.includes(operation))).toEqual([]);
    });

    test('every operation of the facts was sent', () => {
      const sent = new Set(entriesOf(vendor).map((entry) => facts.operationOf(asSent(entry))));
      expect(known.filter((operation) => !sent.has(operation))).toEqual([]);
    });

    test('every field that the client reads is among the facts', () => {
      const fields = fieldsReadOf(vendor);
      expect(fields.length).toBeGreaterThan(3);
      const named = new Set(fieldsIn(Object.values(vendorFacts[vendor].operations)));
      expect(fields.filter((field) => !named.has(field))).toEqual([]);
    });

    test('every success has the status of the facts', () => {
      const others = entriesOf(vendor).flatMap((entry) => {
        const operation = facts.operationOf(asSent(entry)) ?? entry.path;
        const { answers = {} } = vendorFacts[vendor].operations[operation] ?? {};
        const isOther = entry.status !== undefined && entry.status < 300 && !(entry.status in answers);
        return isOther ? [`${operation} ${entry.status}`] : [];
      });
      expect([...new Set(others)]).toEqual([]);
    });

    test('each fact names the page of the vendor and the day on which it was read', () => {
      const { date, operations } = vendorFacts[vendor];
      expect(date).toMatch(/^20\d\d-\d\d-\d\d$/);
      for (const { reference } of Object.values(operations))
        expect(new URL(reference).protocol).toBe('https:');
    });
  });
});

describe('the check of requests', () => {
  const project = {
    name: 'a',
    organization_slug: 'a',
    db_pass: 'a',
    region_selection: { type: 'specific', code: 'eu-central-1' },
  };
  const node = { id: 'a', name: 'a', type: 'a', typeVersion: 1, position: [0, 0], parameters: {} };
  const workflow = { name: 'a', nodes: [node], connections: {}, settings: {} };
  const ref = 'abcdefghijklmnopqrst';

  test.each<[string, ProviderName, SentRequest, string | undefined]>([
    ['a right project', 'supabase', { method: 'POST', path: '/v1/projects', body: project }, undefined],
    ['a right workflow', 'n8n', { method: 'POST', path: '/workflows', body: workflow }, undefined],
    [
      'a right query',
      'supabase',
      { method: 'GET', path: `/v1/projects/${ref}/health?services=db,auth&timeout_ms=5`, body: undefined },
      undefined,
    ],
    ['an unknown path', 'github', { method: 'GET', path: '/nowhere', body: undefined }, 'no such operation'],
    [
      'a wrong method',
      'github',
      { method: 'PATCH', path: '/repos/a/b', body: undefined },
      'no such operation',
    ],
    [
      'a missing parameter',
      'supabase',
      { method: 'GET', path: `/v1/projects/${ref}/health`, body: undefined },
      'query parameter services is missing',
    ],
    [
      'a value of the wrong type',
      'supabase',
      { method: 'GET', path: `/v1/projects/${ref}/health?services=db&timeout_ms=soon`, body: undefined },
      "query parameter timeout_ms can't be soon",
    ],
    [
      'a value that is not in the list',
      'supabase',
      { method: 'GET', path: `/v1/projects/${ref}/health?services=db,moon`, body: undefined },
      "query parameter services can't be db,moon",
    ],
    [
      'a path parameter of the wrong form',
      'supabase',
      { method: 'GET', path: '/v1/projects/SHORT', body: undefined },
      "path parameter ref can't be SHORT",
    ],
    [
      'an unknown query parameter',
      'vercel',
      { method: 'GET', path: '/v9/projects/a?team=b', body: undefined },
      'query parameter team is not described',
    ],
    [
      'an unknown field',
      'supabase',
      { method: 'POST', path: '/v1/projects', body: { ...project, tier: 'a' } },
      'body: Unrecognized key: "tier"',
    ],
    [
      'an unknown field inside',
      'n8n',
      { method: 'POST', path: '/workflows', body: { ...workflow, nodes: [{ ...node, colour: 'a' }] } },
      'body.nodes.0: Unrecognized key: "colour"',
    ],
    [
      'a wrong value inside',
      'vercel',
      {
        method: 'POST',
        path: '/v11/projects?teamId=team_a',
        body: {
          name: 'a',
          environmentVariables: [{ key: 'A', value: 'a', target: ['moon'], type: 'plain' }],
        },
      },
      'body.environmentVariables.0',
    ],
    [
      'a field that is for reading only',
      'n8n',
      { method: 'POST', path: '/workflows', body: { ...workflow, active: true } },
      'body: Unrecognized key: "active"',
    ],
    [
      'a missing field',
      'n8n',
      { method: 'POST', path: '/workflows', body: { ...workflow, settings: undefined } },
      'body.settings: ',
    ],
    ['a missing body', 'n8n', { method: 'POST', path: '/workflows', body: undefined }, 'the body is missing'],
    [
      'a body where none is described',
      'github',
      { method: 'DELETE', path: '/repos/a/b', body: { force: true } },
      'no body is described',
    ],
  ])('of %s finds what it should', (_what, vendor, request, problem) => {
    const found = readFacts(vendor).problemsOf(request);
    expect(found.map((text) => text.slice(0, problem?.length))).toEqual(
      problem === undefined ? [] : [problem],
    );
  });
});
