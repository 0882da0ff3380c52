/** `npm run preflight`: the same checks from a terminal. */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { Sandbox } from '../../sandbox/sandbox.ts';
import { startTestSandbox } from '../helpers/sandbox.ts';
import { runProgram, type Ended } from '../helpers/services/run-program.ts';
import { textWith } from '../sandbox/matchers.ts';
import { failuresIn, templateSchema, type ShownCheck } from './support.ts';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startTestSandbox();
});
afterEach(() => sandbox.control.reset());
afterAll(() => sandbox.stop());

function run(args: string[], environment: Record<string, string> = {}): Promise<Ended> {
  return runProgram(process.execPath, ['src/commands/preflight/main.ts', ...args], {
    env: {
      PATH: process.env['PATH'],
      SCHEMA_PATH: templateSchema,
      ...sandbox.environment,
      ...environment,
    },
    timeoutMs: 50_000,
  });
}

test('exits with 0 where everything is in order, and needs neither database nor queue', async () => {
  const { code, stdout, stderr } = await run([]);

  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(/^PROVIDER +CHECK +SEEN$/m);
  expect(stdout).toMatch(
    /^github +template +ok +sandbox-agency\/client-template is a template with content$/m,
  );
  expect(stdout).toMatch(/^Everything is in order\.$/m);
});

test('exits with 1 where a check fails, and says below the table what to do', async () => {
  sandbox.control.setGithubAppInstalled(false);

  const { code, stdout } = await run([]);

  expect(code).toBe(1);
  expect(stdout).toMatch(/^github +vercel-app +FAILED +Vercel's GitHub app is not installed/m);
  expect(stdout).toMatch(/^1 of 17 failed:\ngithub vercel-app: Install https:\/\/github\.com\/apps\/vercel/m);
});

test('--json answers as the API does', async () => {
  sandbox.control.revokeToken('n8n');

  const { code, stdout } = await run(['--json']);

  expect(code).toBe(1);
  const report = JSON.parse(stdout) as { ok: boolean; checks: ShownCheck[] };
  expect(report.ok).toBe(false);
  expect(report.checks).toHaveLength(17);
  expect(Object.keys(failuresIn(report.checks))).toEqual(['n8n api', 'n8n scopes']);
});

test('nothing that a provider says can steer the terminal', async () => {
  sandbox.control.addFault({
    provider: 'vercel',
    operation: 'getTeam',
    mode: 'reject',
    status: 200,
    body: { billing: { plan: '\u001b[2Jpro' } },
    times: -1,
  });

  const { stdout } = await run([]);

  expect(stdout).toContain('the plan is ?[2Jpro');
});

test('variables that are missing are listed, all at once', async () => {
  const { code, stdout, stderr } = await run([], { GITHUB_TOKEN: '', N8N_API_KEY: '' });

  expect(code).toBe(1);
  expect(stdout).toBe('');
  expect(stderr).toContain('GITHUB_TOKEN is missing');
  expect(stderr).toContain('N8N_API_KEY is missing');
});

test('an unknown option is refused, and --help explains the known ones', async () => {
  expect(await run(['--fast'])).toMatchObject({ code: 1, stderr: textWith('--help') });
  expect(await run(['--help'])).toMatchObject({ code: 0, stdout: textWith('--json') });
});
