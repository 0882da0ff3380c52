import { afterAll, beforeAll, expect, test } from 'vitest';
import { startProgram } from '../helpers/program.ts';
import { newClientId, startStack, type ShownProvisioning, type Stack } from '../helpers/stack.ts';

let stack: Stack;
beforeAll(async () => {
  stack = await startStack({ backend: 'postgres', workers: 0, environment: { LOG_LEVEL: 'trace' } });
});
afterAll(() => stack?.stop());

test('a process that provisions, fails, rolls back and refuses writes JSON lines, and no secret', async () => {
  const program = startProgram('src/main.ts', stack.environment);
  try {
    await program.untilWritten('worker started');
    const good = await stack.provision({ callbackUrl: `${stack.sandbox.urls.control}/receiver/log` });
    expect(await stack.waitUntilDone(good.id)).toMatchObject({ status: 'succeeded' });
    const url = /"url":"([^"]+)"/.exec(program.output())?.[1] ?? '';
    const headers = { authorization: `Bearer ${stack.environment['ADMIN_API_KEY']}` };
    await fetch(`${url}/api/provisioning?key=${stack.environment['ADMIN_API_KEY']}`, { headers });
    await fetch(`${url}/admin/sign-in`, {
      method: 'POST',
      redirect: 'manual',
      body: new URLSearchParams({ key: stack.environment['ADMIN_API_KEY'] ?? '' }),
    });
    const clientId = newClientId();
    stack.sandbox.control.revokeToken('n8n');
    const bad: ShownProvisioning = await stack.provision({ clientId });
    expect(await stack.waitUntilDone(bad.id)).toMatchObject({ failure: { code: 'credentials-rejected' } });

    expect((await program.end()).code).toBe(0);

    const lines = program.output().trim().split('\n');
    expect(lines.length).toBeGreaterThan(20);
    for (const line of lines) expect(JSON.parse(line)).toHaveProperty('msg');
    const { environment } = stack;
    for (const secret of [
      environment['ADMIN_API_KEY'],
      environment['ENCRYPTION_KEYS']?.split(':')[1],
      environment['WEBHOOK_SIGNING_SECRET'],
      environment['SUPABASE_MANAGEMENT_TOKEN'],
      environment['GITHUB_TOKEN'],
      environment['VERCEL_TOKEN'],
      environment['N8N_API_KEY'],
      new URL(environment['DATABASE_URL'] ?? '').password,
    ]) {
      expect(secret?.length).toBeGreaterThan(8);
      expect(program.output()).not.toContain(secret);
    }
    expect(program.output()).not.toMatch(/sb_secret_|sb_publishable_|eyJ[\w-]{10,}\./);
    // What callers wrote about their client is nobody's business but the ledger's.
    expect(program.output()).not.toMatch(/Acme Ltd|ops@acme\.example/);
  } finally {
    await program.end('SIGKILL');
  }
});
