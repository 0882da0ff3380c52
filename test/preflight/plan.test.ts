/** What stands in a client's way at the providers, found with the look-ups that the steps make themselves. */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { answerPreflight } from '../../src/preflight/answer.ts';
import type { Sandbox } from '../../sandbox/sandbox.ts';
import { startTestSandbox } from '../helpers/sandbox.ts';
import { steps } from '../../src/steps/index.ts';
import { failuresIn, templateSchema } from './support.ts';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startTestSandbox();
});
afterEach(() => sandbox.control.reset());
afterAll(() => sandbox.stop());

const plan = () =>
  answerPreflight(
    {
      steps,
      environment: { SCHEMA_PATH: templateSchema, ...sandbox.environment },
      timeoutMs: 5000,
      signal: new AbortController().signal,
      onDefect: (error) => {
        throw error;
      },
    },
    'acme',
  );

test('where nothing stands in the way every name is free', async () => {
  const { checks, resources } = await plan();

  expect(failuresIn(checks)).toEqual({});
  expect(resources).toEqual([
    { step: 'supabase-project', kind: 'supabase.project', name: 'client-acme-prod', existing: [] },
    { step: 'github-repo', kind: 'github.repository', name: 'client-acme-app', existing: [] },
    { step: 'vercel-deployment', kind: 'vercel.project', name: 'client-acme-app', existing: [] },
    { step: 'n8n-webhooks', kind: 'n8n.workflow', name: 'Client acme', existing: [] },
  ]);
});

test.each([
  ['supabase', 'supabase.project', 'client-acme-prod', {}],
  ['github', 'github.repository', 'client-acme-app', {}],
  ['vercel', 'vercel.project', 'client-acme-app', {}],
  ['n8n', 'n8n.workflow', 'Client acme', {}],
  ['n8n', 'n8n.workflow', 'of another name', { path: 'client-acme/content' }],
] as const)('at %s the %s "%s" is told, by its id', async (provider, kind, name, details) => {
  const externalId = await sandbox.control.createForeign(kind, name, details);

  const { checks, resources } = await plan();

  expect(resources.find((one) => one.kind === kind)?.existing).toMatchObject([{ externalId, name }]);
  const failures = failuresIn(checks);
  expect(Object.keys(failures)).toEqual([`${provider} name-free`]);
  expect(failures[`${provider} name-free`]).toContain(`"${name}" (${externalId})`);
  expect(failures[`${provider} name-free`]).toMatch(/ → Rename it or delete it, or choose another client id/);
});

test('names that only look alike are free', async () => {
  await sandbox.control.createForeign('supabase.project', 'client-acme-prod-2');
  await sandbox.control.createForeign('n8n.workflow', 'Client acme 2');

  expect(failuresIn((await plan()).checks)).toEqual({});
});

test('where a provider cannot be asked, what exists is unknown, and the reason is told', async () => {
  sandbox.control.revokeToken('github');

  const { checks, resources } = await plan();

  expect(resources.map(({ kind, existing }) => [kind, existing])).toEqual([
    ['supabase.project', []],
    ['github.repository', null],
    ['vercel.project', []],
    ['n8n.workflow', []],
  ]);
  expect(failuresIn(checks)['github name-free']).toMatch(
    /answered 401: GITHUB_TOKEN is not accepted → Renew GITHUB_TOKEN/,
  );
});

test('nothing but reads is sent, and nothing is changed', async () => {
  await plan();
  const sent = sandbox.control.journal();
  expect(sent.length).toBeGreaterThan(15);
  expect(sent.filter(({ method, effect }) => method !== 'GET' || effect !== 'none')).toEqual([]);
  expect(sandbox.control.objects()).toEqual([]);
});
