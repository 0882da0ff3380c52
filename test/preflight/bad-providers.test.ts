/** Whatever a provider does, a check ends in time, as a failed check that says what to do, and spoils no other. */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import type { Sandbox } from '../../sandbox/sandbox.ts';
import { startTestSandbox } from '../helpers/sandbox.ts';
import { steps } from '../../src/steps/index.ts';
import { holds, type Check } from '../../src/steps/check.ts';
import { defineStep } from '../../src/steps/step.ts';
import { textLike } from '../sandbox/matchers.ts';
import { check, failuresIn } from './support.ts';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startTestSandbox();
});
afterEach(() => sandbox.control.reset());
afterAll(() => sandbox.stop());

const ofGithub = ['github token', 'github create-and-delete', 'github template', 'github vercel-app'];

/** A step that makes nothing and has one check. */
function stepWith(look: Check<object>['look']) {
  return defineStep({
    name: 'another',
    title: 'Another',
    environment: z.object({}),
    output: z.object({}),
    result: [],
    checks: [{ provider: 'another', name: 'check', look }],
    connect: () => ({}),
    run: async () => ({}),
    undo: async () => {},
  });
}

test('a provider that is not there', async () => {
  const failures = failuresIn(
    await check(sandbox, { environment: { GITHUB_API_URL: 'http://127.0.0.1:1' } }),
  );

  expect(Object.keys(failures)).toEqual(ofGithub);
  for (const said of Object.values(failures))
    expect(said).toMatch(/got no answer.* → Start github, or check .* GITHUB_API_URL/);
});

test.each(['garbage', 'huge', 'redirect', 'error-before', 'drop-before'] as const)(
  'a provider whose every answer is %s',
  async (mode) => {
    sandbox.control.addFault({ provider: 'github', operation: '*', mode, times: -1 });

    const failures = failuresIn(await check(sandbox));

    expect(Object.keys(failures)).toEqual(
      expect.arrayContaining(['github token', 'github create-and-delete']),
    );
    for (const [name, said] of Object.entries(failures)) {
      expect(ofGithub).toContain(name);
      expect(said).toMatch(/ → \S/);
    }
  },
);

test('a provider that has had enough of us', async () => {
  sandbox.control.addFault({ provider: 'vercel', operation: '*', mode: 'rate-limit', times: -1 });

  const failures = failuresIn(await check(sandbox));

  expect(failures['vercel token']).toMatch(/answered 429 → vercel was asked too often: wait/);
});

test('a provider that never answers is given up after the time of one request', async () => {
  sandbox.control.addFault({ provider: 'n8n', operation: '*', mode: 'hang-before', times: -1 });

  const failures = failuresIn(await check(sandbox, { timeoutMs: 2000 }));

  expect(Object.keys(failures)).toEqual(['n8n api', 'n8n scopes', 'n8n webhooks']);
  expect(failures['n8n api']).toMatch(/got no answer in time → Check N8N_HOST/);
});

test('a check that never ends is given up after its own time, and so are its requests', async () => {
  let isGivenUp = false;
  const step = defineStep({
    ...stepWith(() => new Promise(() => {})),
    connect: (_settings, limits) => {
      limits.signal.addEventListener('abort', () => (isGivenUp = true));
      return {};
    },
  });

  const failures = failuresIn(await check(sandbox, { steps: [step], deadlineMs: 50 }));

  expect(failures['another check']).toMatch(/did not answer all that was asked in time → /);
  expect(isGivenUp).toBe(true);
});

test('a defect of a check is a failed check, reported whole to the log and by its kind alone to the caller', async () => {
  const defects: unknown[] = [];
  const defect = new TypeError('something with a s3cret in it');
  const step = stepWith(() => Promise.reject(defect));

  const checks = await check(sandbox, {
    steps: [...steps, step],
    onDefect: (error) => defects.push(error),
  });

  expect(failuresIn(checks)).toEqual({
    'another check': textLike(/^the check itself failed: TypeError → /),
  });
  expect(defects).toEqual([defect]);
});

test('a sixth step brings its own checks, and one without any is fine', async () => {
  const step = stepWith(async () => holds('all is well'));
  const { checks: _, ...without } = step;

  const checks = await check(sandbox, { steps: [step, without] });

  expect(checks).toEqual([
    { provider: 'another', name: 'check', ok: true, detail: 'all is well', fix: null },
  ]);
});

test('no token, and nothing that a provider has said, is repeated', async () => {
  const secret = 'sbp_0123456789abcdef0123456789abcdef01234567';
  sandbox.control.addFault({
    provider: 'supabase',
    operation: '*',
    mode: 'reject',
    status: 400,
    body: { message: `no such token: ${secret}` },
    times: -1,
  });

  const text = JSON.stringify(await check(sandbox));

  expect(text).not.toContain(secret);
  const tokens = Object.entries(sandbox.environment).filter(([name]) => /TOKEN|KEY/.test(name));
  expect(tokens).toHaveLength(4);
  for (const [, token] of tokens) expect(text).not.toContain(token);
});
