import { access, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { prepareSchema } from '../../demo/schema-folder.ts';
import { ConfigurationError } from '../../src/errors.ts';

let dataDir: string;
beforeEach(async () => {
  dataDir = await mkdtemp(path.join(tmpdir(), 'demo-schema-'));
});
afterEach(() => rm(dataDir, { recursive: true, force: true }));

const prepare = (schemaPath?: string, brokenSql?: string) =>
  prepareSchema({ dataDir, schemaPath, brokenSql });

describe('the template schema of the demo', () => {
  test('is the sample, unless SCHEMA_PATH names another', async () => {
    const schema = await prepare();
    expect(schema.isSample).toBe(true);
    await access(path.join(schema.path, '110_grants.sql'));
  });

  test('is the one that SCHEMA_PATH names, a relative path counted from where the demo is run', async () => {
    expect(await prepare('examples')).toMatchObject({ path: path.resolve('examples'), isSample: false });
  });

  test('must be there', async () => {
    await expect(prepare('./not-there')).rejects.toThrow(ConfigurationError);
    await expect(prepare('./not-there')).rejects.toThrow(path.resolve('not-there'));
  });

  test('is broken in a copy, and fixed there', async () => {
    const schema = await prepare(undefined, 'create veiw');
    const broken = path.join(schema.path, '999_broken.sql');
    expect(path.relative(dataDir, broken)).toBe(path.join('schema', '999_broken.sql'));
    expect(await readFile(broken, 'utf8')).toBe('create veiw');
    await schema.fix();
    await expect(access(broken)).rejects.toThrow('ENOENT');
  });

  test('is not broken when it is the user’s own', async () => {
    await expect(prepare('examples', 'create veiw')).rejects.toThrow(/without SCHEMA_PATH/);
  });
});
