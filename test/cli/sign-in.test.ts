/** `login` and `logout`: the key is kept for its owner alone, and shown to nobody. */
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Stack } from '../helpers/stack.ts';
import { startApi, untilReady } from '../server/support.ts';
import { newPerson, openTerminal, run, type Person } from './support.ts';

let api: Stack;
let key: string;
beforeAll(async () => {
  api = await startApi();
  await untilReady(api);
  key = api.environment['ADMIN_API_KEY'] ?? '';
});
afterAll(() => api.stop());

const profileOf = ({ home }: Person) => join(home, 'config/client-provisioner/profile.json');
const login = (person: Person, stdin: string) => run(person, ['login', '--url', api.server.url], stdin);

test('a key from stdin is tried and kept, mode 0600 in a folder of mode 0700, and not printed', async () => {
  const person = await newPerson();

  const { code, stdout, stderr } = await login(person, `${key}\n`);

  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).not.toContain(key);
  expect((await stat(profileOf(person))).mode & 0o777).toBe(0o600);
  expect((await stat(join(person.home, 'config/client-provisioner'))).mode & 0o777).toBe(0o700);
  expect(JSON.parse(await readFile(profileOf(person), 'utf8'))).toEqual({ url: api.server.url, key });
  expect(await run(person, ['list'])).toMatchObject({ code: 0, stdout: 'There is none.\n' });
});

test('a file and a folder that were open to others are closed', async () => {
  const person = await newPerson();
  await mkdir(join(person.home, 'config/client-provisioner'), { recursive: true, mode: 0o755 });
  await writeFile(profileOf(person), '{}', { mode: 0o644 });

  expect((await login(person, key)).code).toBe(0);

  expect((await stat(profileOf(person))).mode & 0o777).toBe(0o600);
  expect((await stat(join(person.home, 'config/client-provisioner'))).mode & 0o777).toBe(0o700);
});

test('a key that does not count is not kept: exit code 3', async () => {
  const person = await newPerson();

  const { code, stderr } = await login(person, 'x'.repeat(40));

  expect(code).toBe(3);
  expect(stderr).toContain('was answered 401');
  await expect(stat(profileOf(person))).rejects.toThrow('ENOENT');
});

test('at a terminal the key is asked for, and never appears on it', async () => {
  const person = await newPerson();
  const terminal = openTerminal(person, ['login', '--url', api.server.url]);
  await terminal.untilShown('it is not shown');

  terminal.type(`${key}\r`);

  expect(await terminal.ended).toBe(0);
  expect(terminal.raw()).toContain('Signed in');
  for (let at = 0; at + 8 <= key.length; at += 8) expect(terminal.raw()).not.toContain(key.slice(at, at + 8));
  expect(JSON.parse(await readFile(profileOf(person), 'utf8'))).toMatchObject({ key });
});

test('a key that would be shown as it is typed is not read: exit code 2', async () => {
  const person = await newPerson();
  const elsewhere = { isStderrElsewhere: true };
  const terminal = openTerminal(person, ['login', '--url', api.server.url], elsewhere);
  expect(await terminal.ended).toBe(2);
  expect(await readFile(join(person.home, 'stderr.txt'), 'utf8')).toContain('send it to stdin');
});

test('Ctrl-C at the question keeps nothing: exit code 130', async () => {
  const person = await newPerson();
  const terminal = openTerminal(person, ['login', '--url', api.server.url]);
  await terminal.untilShown('it is not shown');

  terminal.type('\u0003');

  expect(await terminal.ended).toBe(130);
  await expect(stat(profileOf(person))).rejects.toThrow('ENOENT');
});

test('logout removes the profile, and then nobody is signed in: exit code 3', async () => {
  const person = await newPerson();
  await login(person, key);

  expect(await run(person, ['logout'])).toMatchObject({ code: 0 });

  await expect(stat(profileOf(person))).rejects.toThrow('ENOENT');
  expect(await run(person, ['list'])).toMatchObject({ code: 3, stdout: '' });
});

test('a key goes unencrypted to no other machine, unless --insecure says so', async () => {
  const person = await newPerson();
  const args = ['login', '--url', 'http://provisioner.example'];

  expect(await run(person, args, key)).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('unencrypted') as string,
  });

  expect(await run(person, [...args, '--insecure', '--timeout', '0'], key)).toMatchObject({ code: 6 });
});
