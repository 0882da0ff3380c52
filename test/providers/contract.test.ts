/** What our clients send is what the vendors describe: every request of whole runs, held against their descriptions. */
import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { scanOrphans } from '../../src/orphans/scan.ts';
import { runChecks } from '../../src/preflight/run-checks.ts';
import { vercelClient } from '../../src/providers/vercel.ts';
import type { ProviderName, Sandbox } from '../../src/sandbox/sandbox.ts';
import { steps } from '../../src/steps/index.ts';
import { hasDescriptions, readDescription, type SentRequest } from '../helpers/openapi.ts';
import { startStack, type Stack, type StackOptions } from '../helpers/stack.ts';

type JournalEntry = ReturnType<Sandbox['control']['journal']>[number];

const vendors = ['supabase', 'github', 'vercel', 'n8n'] as const;

/** Operations of ours that the descriptions lack, each with the reason why we rely on it all the same. */
const undescribed: Record<string, string> = {
  'GET /v1/organizations/{slug}': 'in the reference, but not in the part of the description that we have',
  'GET /repositories/{id}':
    'where GitHub redirects to from a renamed repository; the only read by immutable id',
  'GET /v2/teams/{teamId}': 'in the reference, but not in the part of the description that we have',
  'GET /v2/user': 'in the reference, but not in the part of the description that we have',
  'GET /webhook/{path}': "no part of n8n's API: the address that a workflow serves",
};

/** The operations that the clients know, as they stand in their source. */
function operationsOf(vendor: ProviderName): string[] {
  const source = readFileSync(new URL(`../../src/providers/${vendor}.ts`, import.meta.url), 'utf8');
  const found = source.matchAll(/'((?:GET|POST|PUT|PATCH|DELETE) \/[^']*)'/g);
  return [...new Set([...found].map(([, operation = '']) => operation))];
}

/** Placeholders have other names with the vendors than with us. */
const anonymous = (operation: string): string => operation.replaceAll(/\{\w+\}/g, '{}');

function isRequestOf(operation: string, { method, path }: SentRequest): boolean {
  const [ourMethod, template = ''] = operation.split(' ');
  // A webhook's own path has several segments.
  const segment = template.startsWith('/webhook/') ? '.+' : '[^/]+';
  return (
    method === ourMethod &&
    new RegExp(`^${template.replaceAll(/\{\w+\}/g, segment)}$`).test(path.split('?')[0] ?? '')
  );
}

const asSent = ({ provider, method, path, requestBody }: JournalEntry): SentRequest => ({
  method,
  path: provider === 'n8n' ? path.replace(/^\/api\/v1(?=\/)/, '') : path,
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

describe.runIf(hasDescriptions)('requests are as the vendor describes them', () => {
  let entries: JournalEntry[] = [];
  beforeAll(async () => {
    entries = await sendEverything();
  }, 180_000);
  afterAll(() => {
    entries = [];
  });
  const sentTo = (vendor: ProviderName): SentRequest[] =>
    entries.filter(({ provider }) => provider === vendor).map(asSent);

  test('every provider client is known here', () => {
    const clients = readdirSync(new URL('../../src/providers/', import.meta.url)).toSorted();
    expect(clients).toEqual([...vendors.map((vendor) => `${vendor}.ts`), 'postgres.ts'].toSorted());
  });

  describe.each(vendors)('%s', (vendor) => {
    test('path, query and body of every request fit the operation, and hold nothing besides', () => {
      const description = readDescription(vendor);
      const problems = new Set<string>();
      for (const request of sentTo(vendor)) {
        if (Object.keys(undescribed).some((operation) => isRequestOf(operation, request))) continue;
        const operation = description.operationOf(request) ?? `${request.method} ${request.path}`;
        for (const problem of description.problemsOf(request)) problems.add(`${operation}: ${problem}`);
      }
      expect([...problems]).toEqual([]);
    });

    test('every operation of the client was sent, and nothing that it does not know', () => {
      const operations = operationsOf(vendor);
      const requests = sentTo(vendor);
      const ofRequest = (request: SentRequest) =>
        operations.find((operation) => isRequestOf(operation, request)) ??
        `${request.method} ${request.path}`;
      expect([...new Set(requests.map(ofRequest))].toSorted()).toEqual(operations.toSorted());
    });

    test('only operations that the description lacks are excepted', () => {
      const description = readDescription(vendor);
      const described = new Set(
        sentTo(vendor).flatMap((request) => {
          const operation = description.operationOf(request);
          return operation === undefined ? [] : [anonymous(operation)];
        }),
      );
      const lacking = operationsOf(vendor).filter((operation) => !described.has(anonymous(operation)));
      expect(lacking.filter((operation) => undescribed[operation] === undefined)).toEqual([]);
      expect(Object.keys(undescribed).filter((operation) => described.has(anonymous(operation)))).toEqual([]);
    });
  });

  test('every exception is one of an operation that we have', () => {
    expect(vendors.flatMap(operationsOf)).toEqual(expect.arrayContaining(Object.keys(undescribed)));
  });
});

describe.runIf(hasDescriptions)('the check of requests', () => {
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
        path: '/v11/projects?teamId=a',
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
    const found = readDescription(vendor).problemsOf(request);
    expect(found.map((text) => text.slice(0, problem?.length))).toEqual(
      problem === undefined ? [] : [problem],
    );
  });
});
