import { spawn, type ChildProcess } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, realpath, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { Client } from 'pg';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startLocalPostgres } from '../../local/postgres.ts';
import { readPostmaster } from '../../local/postmaster-file.ts';
import { waitFor } from '../../local/wait.ts';

const MODULE = path.resolve(import.meta.dirname, '../../local/postgres.ts');

let dataDir: string;
beforeEach(async () => {
  dataDir = await mkdtemp(path.join(tmpdir(), 'local-postgres-test-'));
  // The server may run as another user.
  await chmod(dataDir, 0o755);
});
afterEach(async () => await rm(dataDir, { recursive: true, force: true }));

test('a server starts on 127.0.0.1 with the settings asked for, keeps its data, and is gone after stop', async () => {
  const first = await startLocalPostgres({ dataDir, settings: { max_connections: '300' } });
  expect(new URL(first.url).hostname).toBe('127.0.0.1');
  expect(await query(first.url, 'show max_connections')).toEqual([{ max_connections: '300' }]);
  expect(await query(first.url, 'show fsync')).toEqual([{ fsync: 'on' }]);
  await query(first.url, 'create table kept as select 1 as n');
  await first.stop();
  await first.stop();
  await expect(query(first.url, 'select 1')).rejects.toThrow('ECONNREFUSED');

  const second = await startLocalPostgres({ dataDir });
  expect(await query(second.url, 'table kept')).toEqual([{ n: 1 }]);
  await second.stop();
});

test('nobody gets in without the password, which only its owner can read', async () => {
  const server = await startLocalPostgres({ dataDir });
  const wrong = new URL(server.url);
  wrong.password = 'guessed';

  await expect(query(wrong.href, 'select 1')).rejects.toMatchObject({ code: '28P01' });
  expect((await stat(path.join(dataDir, 'server', 'password'))).mode & 0o777).toBe(0o600);

  await server.stop();
});

test('a running server is used by others, who leave it running', async () => {
  const owner = await startLocalPostgres({ dataDir });
  const guest = await startLocalPostgres({ dataDir });
  expect(guest.url).toBe(owner.url);

  await guest.stop();
  expect(await query(owner.url, 'select 1 as n')).toEqual([{ n: 1 }]);

  await owner.stop();
});

test('two first starts at the same time share one server', async () => {
  const servers = await Promise.all([startLocalPostgres({ dataDir }), startLocalPostgres({ dataDir })]);
  expect(servers[0].pid).toBe(servers[1].pid);

  await Promise.all(servers.map(async (server) => await server.stop()));
  await expect(query(servers[0].url, 'select 1')).rejects.toThrow('ECONNREFUSED');
});

test('committed rows survive a kill -9 of the server', async () => {
  const killed = await startLocalPostgres({ dataDir });
  await query(killed.url, 'create table kept as select * from generate_series(1, 1000) as n');
  process.kill(killed.pid, 'SIGKILL');

  const next = await startLocalPostgres({ dataDir });
  expect(next.pid).not.toBe(killed.pid);
  expect(await query(next.url, 'select count(*)::int from kept')).toEqual([{ count: 1000 }]);
  await next.stop();
});

test('after a kill -9 of the process that started it, the next start works and may stop it', async () => {
  const { child, line: url } = await startInOtherProcess(dataDir);
  await query(url, 'create table kept as select 1 as n');
  child.kill('SIGKILL');

  const next = await startLocalPostgres({ dataDir });
  expect(await query(next.url, 'table kept')).toEqual([{ n: 1 }]);
  await next.stop();
  await expect(query(next.url, 'select 1')).rejects.toThrow('ECONNREFUSED');
});

test.runIf(process.platform === 'linux')('the server ends with the process that started it', async () => {
  const { child, line: url } = await startInOtherProcess(dataDir);
  child.kill('SIGKILL');

  // Removing its file is the last thing a server does.
  const cluster = path.join(dataDir, 'server', 'data');
  const hasEnded = await waitFor(async () => (await readPostmaster(cluster)) === undefined, 10_000);
  expect(hasEnded).toBe(true);
  await expect(query(url, 'select 1')).rejects.toThrow('ECONNREFUSED');
});

test('stop does not wait for clients that stay connected', async () => {
  const server = await startLocalPostgres({ dataDir });
  const client = new Client({ connectionString: server.url });
  client.on('error', () => undefined);
  const ended = Promise.withResolvers<undefined>();
  client.once('end', () => ended.resolve(undefined));
  await client.connect();

  await server.stop();
  await ended.promise;
  await expect(query(server.url, 'select 1')).rejects.toThrow('ECONNREFUSED');
});

describe('data of another major version', () => {
  const server = () => path.join(dataDir, 'server');
  beforeEach(async () => {
    await mkdir(path.join(server(), 'data'), { recursive: true });
    await writeFile(path.join(server(), 'data', 'PG_VERSION'), '16\n');
    await writeFile(path.join(server(), 'password'), 'an older one');
  });

  test('is set aside whole, with a sentence that says where', async () => {
    const sentences: string[] = [];
    const started = await startLocalPostgres({ dataDir, warn: (sentence) => sentences.push(sentence) });
    expect(await query(started.url, 'select 1 as n')).toEqual([{ n: 1 }]);
    await started.stop();

    const aside = path.join(await realpath(dataDir), 'server-16');
    expect(await readFile(path.join(aside, 'password'), 'utf8')).toBe('an older one');
    expect(sentences).toHaveLength(1);
    expect(sentences[0]).toContain(`PostgreSQL 16`);
    expect(sentences[0]).toContain(aside);
  });

  test('stays where it is while its server runs', async () => {
    const data = path.join(await realpath(server()), 'data');
    const other = spawn(process.execPath, ['-e', 'setInterval(() => {}, 60_000)', data], { stdio: 'ignore' });
    try {
      await writeFile(path.join(data, 'postmaster.pid'), `${other.pid}\n`);
      await expect(startLocalPostgres({ dataDir })).rejects.toThrow(/PostgreSQL 16 .* still runs on/);
      expect(await readFile(path.join(server(), 'password'), 'utf8')).toBe('an older one');
    } finally {
      other.kill('SIGKILL');
    }
  });
});

test('extensions from another folder can be created, trusted ones without a superuser', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'local-extensions-'));
  await writeFile(path.join(folder, 'ours.control'), "default_version = '1'\ntrusted = true\n");
  await writeFile(
    path.join(folder, 'ours--1.sql'),
    'create function @extschema@.ours() returns int return 7;',
  );
  const server = await startLocalPostgres({ dataDir, extensions: { folder, trusted: ['moddatetime'] } });
  try {
    await query(server.url, "create role plain login password 'plain'");
    await query(server.url, 'create database plain owner plain');
    const url = Object.assign(new URL(server.url), {
      username: 'plain',
      password: 'plain',
      pathname: '/plain',
    });
    await query(url.href, 'create extension ours');
    await query(url.href, 'create extension moddatetime');
    expect(await query(url.href, 'select ours()')).toEqual([{ ours: 7 }]);
    await expect(query(url.href, 'create extension file_fdw')).rejects.toMatchObject({ code: '42501' });
  } finally {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
});

test('a setting the server refuses is an error with the last lines of its log', async () => {
  await expect(startLocalPostgres({ dataDir, settings: { max_connections: 'many' } })).rejects.toThrow(
    /did not start:[^]*invalid value for parameter "max_connections": "many"/,
  );
});

/** Starts the server in a Node process of its own, whose first line of output is the URL. */
async function startInOtherProcess(folder: string): Promise<{ child: ChildProcess; line: string }> {
  const script = `
    const { startLocalPostgres } = await import(${JSON.stringify(MODULE)});
    const { url } = await startLocalPostgres({ dataDir: ${JSON.stringify(folder)} });
    console.log(url);
    setInterval(() => {}, 60_000);
  `;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const line of createInterface({ input: child.stdout })) return { child, line };
  throw new Error('The other process ended without a line.');
}

async function query(connectionString: string, statement: string): Promise<unknown[]> {
  const client = new Client({ connectionString });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(statement)).rows;
  } finally {
    await client.end();
  }
}
