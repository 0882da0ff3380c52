import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, describe, expect, inject, test } from 'vitest';
import { until } from '../helpers/until.ts';

const stops: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  await Promise.all(stops.splice(0).map((stop) => stop()));
});

function startDemo(args: string[], environment: Record<string, string> = {}) {
  const { REDIS_URL: _, ...inherited } = process.env;
  const child = spawn('npm', ['run', '-s', 'demo:run', '--', '--data', '.data/demo-test', ...args], {
    env: { ...inherited, ...environment, NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output: string[] = [];
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => output.push(chunk.toString()));
  // Code and output together, so that a failing test shows what the demo said.
  const ended = once(child, 'close').then(() => ({ exitCode: child.exitCode, text: output.join('') }));
  stops.push(() => {
    child.kill('SIGTERM');
    return ended;
  });
  return { child, ended, text: () => output.join('') };
}

function endedWell(saying: string): { exitCode: number; text: unknown } {
  return { exitCode: 0, text: expect.stringContaining(saying) };
}

const resources = [
  /supabase\.project +client-acme-prod +[a-z]{20}/,
  /database schema +\d+ tables, all with row-level security/,
  /github\.repository +client-acme-app +\d+/,
  /vercel\.project +client-acme-app +prj_\w+/,
  /n8n\.workflow +Client acme +\w+/,
];

describe('npm run demo', () => {
  test('--exit makes all five parts and exits with 0', async () => {
    const demo = startDemo(['--exit']);
    expect(await demo.ended).toEqual(endedWell('every provider confirms it'));
    for (const line of resources) expect(demo.text()).toMatch(line);
    expect(demo.text()).toMatch(/provisioning\.succeeded +signature valid/);
  });

  test('--fail-at undoes everything in reverse order, leaves nothing and exits with 0, on Redis too', async () => {
    const demo = startDemo(['--exit', '--fail-at', 'n8n-webhooks'], { REDIS_URL: inject('redisUrl') });
    expect(await demo.ended).toEqual(endedWell('nothing is left'));
    expect(demo.text()).toContain('queue in Redis');
    expect(demo.text()).toMatch(/n8n-webhooks +provider-rejected/);
    expect(demo.text()).toMatch(
      /1\. +n8n\.workflow .*\n +2\. +vercel\.project .*\n +3\. +github\.repository .*\n +4\. +supabase\.project /,
    );
    expect(demo.text()).toMatch(/Left at the providers\n +nothing/);
    expect(demo.text()).toMatch(/provisioning\.rolled_back +signature valid/);
  });

  test('stays up with a key that works until SIGTERM, and then exits with 0; SCHEMA_PATH is what the client gets', async () => {
    const demo = startDemo([], { SCHEMA_PATH: 'test/schema/corpus/multi-tenant' });
    await until(() => demo.text().includes('Stays up') || undefined, 'the demo to stay up', 90_000);
    expect(demo.text()).toContain('2 tables, all with row-level security');
    const [, key = ''] = /sign in with +(\S+)/.exec(demo.text()) ?? [];
    const [, sample = ''] = /the sample +(\S+)/.exec(demo.text()) ?? [];
    const response = await fetch(sample, { headers: { authorization: `Bearer ${key}` } });
    expect(await response.json()).toMatchObject({ clientId: 'acme', status: 'succeeded' });

    demo.child.kill('SIGTERM');
    expect(await demo.ended).toEqual(endedWell('Stopping'));
    await expect(fetch(sample)).rejects.toThrow('fetch failed');
  });

  test('a SCHEMA_PATH that is not there is refused before anything is started', async () => {
    const demo = startDemo(['--exit'], { SCHEMA_PATH: './no-such-schema' });
    expect(await demo.ended).toMatchObject({ exitCode: 1 });
    expect(demo.text()).toMatch(/SCHEMA_PATH: there is nothing at .*no-such-schema/);
    expect(demo.text()).not.toContain('Provisioning');
  });

  test('an unknown step is refused with a clear message and exit code 1', async () => {
    const demo = startDemo(['--exit', '--fail-at', 'nope']);
    expect(await demo.ended).toMatchObject({ exitCode: 1 });
    expect(demo.text()).toContain('there is no step "nope"');
  });
});
