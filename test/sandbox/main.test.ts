import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { parseEnv } from 'node:util';
import { describe, expect, inject, onTestFinished, test } from 'vitest';
import { request, until } from './support.ts';

function start(...flags: string[]) {
  const main = fileURLToPath(new URL('../../sandbox/main.ts', import.meta.url));
  const child = spawn(process.execPath, [main, ...flags], {
    env: { ...process.env, DATABASE_URL: inject('postgresUrl') },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const written = { out: '', error: '' };
  child.stdout.on('data', (chunk: Buffer) => void (written.out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => void (written.error += chunk.toString()));
  onTestFinished(() => void child.kill('SIGKILL'));
  return { child, written };
}

describe('the sandbox as a process', () => {
  test('prints an environment that works, and stops cleanly on SIGTERM', async () => {
    const { child, written } = start('--port', '0', '--fast');
    await until(
      () => written.out,
      (text) => text.includes('/receiver/<name>'),
    );
    const environment = parseEnv(written.out);
    const reply = await request(`${environment.SUPABASE_API_URL}/v1/organizations`, 'GET', {
      headers: { authorization: `Bearer ${environment.SUPABASE_MANAGEMENT_TOKEN}` },
    });
    expect(reply).toMatchObject({ status: 200, body: [{ slug: environment.SUPABASE_ORG_ID }] });
    const control = await request(`http://${environment.CALLBACK_ALLOWED_HOSTS}/journal`, 'GET');
    expect(control.body).toMatchObject([{ operation: 'listOrganizations' }]);
    child.kill('SIGTERM');
    expect(await once(child, 'exit')).toEqual([0, null]);
    expect(written.error).toBe('');
  });
  test('says in a line why it cannot start', async () => {
    const { child, written } = start('--port', 'many');
    expect(await once(child, 'exit')).toEqual([1, null]);
    expect(written.error).toBe('sandbox: --port must be a port number\n');
  });
});
