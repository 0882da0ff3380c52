import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ConfigurationError } from '../../src/errors.ts';
import { describePosition, readSchemaBundle } from '../../src/steps/schema-bundle.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bundle-'));
});
afterEach(() => rm(folder, { recursive: true }));

test('the files of a folder come in byte order of their names, and nothing but .sql', async () => {
  for (const name of ['b.sql', 'B.sql', 'a10.sql', 'a2.sql', 'ä.sql', 'note.txt'])
    await writeFile(join(folder, name), 'select 1;');
  expect(readSchemaBundle(folder).files.map(({ name }) => name)).toEqual([
    'B.sql',
    'a10.sql',
    'a2.sql',
    'b.sql',
    'ä.sql',
  ]);
});

test('the checksum depends on every name and every byte', async () => {
  await writeFile(join(folder, 'a.sql'), 'select 1;');
  const before = readSchemaBundle(folder).checksum;
  expect(readSchemaBundle(folder).checksum).toBe(before);
  await writeFile(join(folder, 'a.sql'), 'select 2;');
  expect(readSchemaBundle(folder).checksum).not.toBe(before);
});

test.each(['missing', '.'])(
  'a path that cannot be used (%s) is a configuration problem that says why',
  async (path) => {
    expect(() => readSchemaBundle(join(folder, path))).toThrow(ConfigurationError);
    expect(() => readSchemaBundle(join(folder, path))).toThrow(/^no template can be read there: /);
  },
);

test('a position is told as line and column, in characters', () => {
  expect(describePosition('select 1', 1)).toBe('line 1, column 1');
  expect(describePosition('-- 💥\nselect x', 13)).toBe('line 2, column 8');
});
