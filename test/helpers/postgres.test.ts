import { Client } from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createDatabase } from './database.ts';
import { startOwnPostgres } from './postgres.ts';
import type { TestServer } from './services/test-server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startOwnPostgres();
});
afterAll(async () => await server.remove());

test('databases of two test files do not see each other, and are gone after drop', async () => {
  const [first, second] = await Promise.all([createDatabase(), createDatabase()]);
  await query(first.url, 'create table here (id int)');

  await expect(query(second.url, 'table here')).rejects.toMatchObject({ code: '42P01' });

  await Promise.all([first.drop(), second.drop()]);
  await expect(query(first.url, 'select 1')).rejects.toMatchObject({ code: '3D000' });
});

test('a database can be a copy of another', async () => {
  const original = await createDatabase();
  await query(original.url, 'create table seeds as select 7 as n');
  const copy = await createDatabase({ template: new URL(original.url).pathname.slice(1) });

  await expect(query(copy.url, 'table seeds')).resolves.toEqual([{ n: 7 }]);

  await Promise.all([original.drop(), copy.drop()]);
});

test('an own server keeps its URL and its data through a restart and a crash', async () => {
  await query(server.url, 'create table kept as select 1 as n');

  await server.stop();
  await expect(query(server.url, 'select 1')).rejects.toThrow('ECONNREFUSED');
  await server.start();
  await expect(query(server.url, 'table kept')).resolves.toEqual([{ n: 1 }]);

  await server.kill();
  await server.start();
  await expect(query(server.url, 'table kept')).resolves.toEqual([{ n: 1 }]);
});

test('the server takes 300 connections', async () => {
  await expect(query(server.url, 'show max_connections')).resolves.toEqual([{ max_connections: '300' }]);
});

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
