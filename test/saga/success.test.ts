import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { backends, newClientId, startStack, type Stack } from '../helpers/stack.ts';

describe.each(backends)('on %s', (backend) => {
  let stack: Stack;
  beforeAll(async () => {
    stack = await startStack({ backend });
  });
  afterAll(() => stack?.stop());

  test('one request makes the whole stack, in order, and says what was made', async () => {
    const clientId = newClientId();
    const accepted = await stack.provision({ clientId });
    expect(accepted).toMatchObject({ status: 'queued', rollback: { status: 'none' }, done: false });

    const done = await stack.waitUntilDone(accepted.id);

    expect(done).toMatchObject({ status: 'succeeded', rollback: { status: 'none' }, failure: null });
    expect(done.steps.map(({ name, status }) => `${name} ${status}`)).toEqual([
      'supabase-project succeeded',
      'database-schema succeeded',
      'github-repo succeeded',
      'vercel-deployment succeeded',
      'n8n-webhooks succeeded',
    ]);
    expect(done.resources.map(({ kind, state, origin }) => `${kind} ${origin} ${state}`)).toEqual([
      'supabase.project created live',
      'github.repository created live',
      'vercel.project created live',
      'n8n.workflow created live',
    ]);
    expect(Object.keys(done.result)).toEqual([
      'supabaseProjectId',
      'supabaseProjectRef',
      'githubRepoName',
      'githubRepoUrl',
      'vercelProjectId',
      'vercelDeploymentUrl',
      'n8nWorkflowId',
      'n8nWebhookUrl',
    ]);
    const hook = await fetch(done.result['n8nWebhookUrl'] ?? '', { method: 'POST' });
    expect(await hook.json()).toEqual({ ok: true });
  });
});
