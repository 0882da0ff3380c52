/** A list whose server does not heed where it is asked to go on is an error in words: no absence, and no endless loop. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { githubClient } from '../../src/providers/github.ts';
import { vercelClient } from '../../src/providers/vercel.ts';
import type { Sandbox } from '../../sandbox/sandbox.ts';
import { startTestSandbox } from '../helpers/sandbox.ts';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startTestSandbox();
});
afterAll(() => sandbox?.stop());

const variable = (name: string) => sandbox.environment[name] ?? '';
const limits = { timeoutMs: 5000, signal: new AbortController().signal };

test("GitHub's repositories, Vercel's projects and deployments", async () => {
  const { control } = sandbox;
  const github = githubClient({
    apiUrl: variable('GITHUB_API_URL'),
    token: variable('GITHUB_TOKEN'),
    organization: variable('GITHUB_ORG'),
    ...limits,
  });
  const vercel = vercelClient({
    apiUrl: variable('VERCEL_API_URL'),
    token: variable('VERCEL_TOKEN'),
    teamId: variable('VERCEL_TEAM_ID'),
    ...limits,
  });
  let projectId = '';
  for (let count = 0; count < 65; count += 1) {
    await control.createForeign('github.repository', `one-${randomUUID()}`);
    if (count < 55) projectId = await control.createForeign('vercel.project', `one-${randomUUID()}`);
  }
  for (let count = 0; count < 105; count += 1)
    await control.createForeign('vercel.deployment', `one-${randomUUID()}`, { projectId });
  expect(await github.listRepositories()).toHaveLength(66);
  expect(await vercel.listProjects()).toHaveLength(55);
  expect(await vercel.findDeployment(projectId, 'nothing has this mark')).toBeUndefined();

  control.repeatPages('github');
  control.repeatPages('vercel');

  const again = 'gave the same page again';
  await expect(github.listRepositories()).rejects.toThrow(again);
  await expect(vercel.listProjects()).rejects.toThrow(again);
  await expect(vercel.findDeployment(projectId, 'nothing has this mark')).rejects.toThrow(again);
});
