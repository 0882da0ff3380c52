import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { expect, test } from 'vitest';
import { fillIn, namesIn } from '../../src/cli/init/env-file.ts';
import { sections } from '../../src/cli/init/sections.ts';

const example = readFileSync('.env.example', 'utf8');

test('each value stands where the example explains it, and is read back as it was', () => {
  const values = new Map([
    ['DATABASE_URL', 'postgres://me:p#ss@host/db'],
    ['REDIS_URL', 'redis://host'],
    ['GITHUB_ORG', 'an org'],
    ['N8N_BASIC_AUTH', `user:it's "this"`],
    ['NOT_IN_THE_EXAMPLE', 'a=b'],
  ]);
  const text = fillIn(example, values);
  expect(parseEnv(text)).toMatchObject(Object.fromEntries(values));
  expect(text).toContain(
    '# Redis with the queue. Unset: the queue lives in DATABASE_URL.\nREDIS_URL=redis://host\n',
  );
});

test('what has no value stays as it is', () => {
  expect(fillIn(example, new Map())).toBe(example);
});

test('every variable that is asked for is explained in the example, and every required one is asked for or made', () => {
  const asked = sections.flatMap(({ variables }) => variables.map(({ name }) => name));
  expect(namesIn(example)).toEqual(expect.arrayContaining(asked));
  const required = [...example.matchAll(/^# .*Required\.\n([A-Z0-9_]+)=/gm)].map(([, name]) => name);
  expect(required.length).toBeGreaterThan(10);
  expect(asked).toEqual(expect.arrayContaining(required));
});
