import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkConnection, findConnection } from '../../src/cli/connection.ts';
import { writeProfile } from '../../src/cli/profile.ts';

const key = 'k'.repeat(40);
const strict = { isInsecure: false };

describe('an address', () => {
  test.each([
    ['https://provisioner.example/', 'https://provisioner.example'],
    ['https://tools.example/provisioner/', 'https://tools.example/provisioner'],
    ['http://127.0.0.1:3000', 'http://127.0.0.1:3000'],
    ['http://127.9.9.9:3000', 'http://127.9.9.9:3000'],
    ['http://[::1]:3000', 'http://[::1]:3000'],
    ['http://localhost:3000', 'http://localhost:3000'],
  ])('%s is taken', (url, kept) => {
    expect(checkConnection({ url, key }, strict)).toEqual({ url: kept, key });
  });

  test.each([
    ['http://provisioner.example', 'unencrypted'],
    ['http://10.0.0.1:3000', 'unencrypted'],
    ['http://127.0.0.1.evil.example', 'unencrypted'],
    ['http://localhost.evil.example', 'unencrypted'],
    ['ftp://provisioner.example', 'https://'],
    ['provisioner.example', 'https://'],
    ['https://user:secret@provisioner.example', 'no user'],
    ['https://provisioner.example/?a=b', 'no query'],
  ])('%s is refused', (url, why) => {
    expect(() => checkConnection({ url, key }, strict)).toThrow(why);
  });

  test('plain http goes elsewhere where that is wanted', () => {
    expect(checkConnection({ url: 'http://10.0.0.1', key }, { isInsecure: true }).url).toBe(
      'http://10.0.0.1',
    );
  });
});

test('a key that no header can carry is refused without being repeated', () => {
  const given = { url: 'https://provisioner.example', key: `${key} ${key}` };
  expect(() => checkConnection(given, strict)).toThrow('The key must not have a space.');
});

describe('with a profile', () => {
  let home: string;
  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), 'cli-'));
    await writeProfile({ XDG_CONFIG_HOME: home }, { url: 'https://a.example', key });
  });
  afterAll(() => rm(home, { recursive: true }));
  const find = (environment: Record<string, string>) =>
    findConnection({ XDG_CONFIG_HOME: home, ...environment }, strict);

  test('address and key come from it', async () => {
    expect(await find({})).toEqual({ url: 'https://a.example', key });
  });

  test('the environment wins', async () => {
    const given = { PROVISIONER_URL: 'https://b.example', PROVISIONER_KEY: 'x'.repeat(40) };
    expect(await find(given)).toEqual({ url: 'https://b.example', key: 'x'.repeat(40) });
  });

  test('its key goes to no other address', async () => {
    await expect(find({ PROVISIONER_URL: 'https://b.example' })).rejects.toMatchObject({ exitCode: 3 });
    expect(await find({ PROVISIONER_URL: 'https://a.example/' })).toMatchObject({ key });
  });
});
