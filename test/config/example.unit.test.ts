import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { z } from 'zod';
import { coreEnvironment, serverEnvironment, workerEnvironment } from '../../src/config.ts';
import { steps } from '../../src/steps/index.ts';
import { goodEnvironment } from './support.ts';

interface Entry {
  name: string;
  value: string;
  isCommentedOut: boolean;
  explanation: string;
}

const lines = readFileSync('.env.example', 'utf8').split('\n');
const entries: Entry[] = lines.flatMap((line, index) => {
  const [, hash, name, value] = /^(# )?([A-Z][A-Z0-9_]*)=(.*)$/.exec(line) ?? [];
  if (name === undefined) return [];
  return {
    name,
    value: value ?? '',
    isCommentedOut: hash !== undefined,
    explanation: lines[index - 1] ?? '',
  };
});

const schemas = [
  coreEnvironment,
  serverEnvironment,
  workerEnvironment,
  ...steps.map(({ environment }) => environment),
].map(({ shape }): Readonly<Record<string, z.ZodType>> => shape);
const known = new Map(schemas.flatMap((shape) => Object.entries(shape)));
const forDockerCompose = ['POSTGRES_PASSWORD'];

test('every variable that the program reads is listed', () => {
  expect([...known.keys()].filter((name) => !entries.some((entry) => entry.name === name))).toEqual([]);
});

test('nothing is listed that nobody reads, and nothing twice', () => {
  expect(entries.map(({ name }) => name).toSorted()).toEqual(
    [...known.keys(), ...forDockerCompose].toSorted(),
  );
});

test('each is explained by one line', () => {
  for (const { name, explanation } of entries) expect(explanation, name).toMatch(/^# [A-Z][^]{15,}\.$/);
});

describe('to be filled in is', () => {
  test.each(Object.keys(goodEnvironment))('%s, which is required', (name) => {
    const entry = entries.find((candidate) => candidate.name === name);

    expect(entry?.isCommentedOut).toBe(false);
    expect(entry?.explanation).toMatch(/ Required\.$/);
  });

  test('nothing else', () => {
    const shown = entries.filter(({ isCommentedOut }) => !isCommentedOut).map(({ name }) => name);

    expect(shown.toSorted()).toEqual(Object.keys(goodEnvironment).toSorted());
  });
});

test('what is commented out shows the default that the program has', () => {
  const shown = entries.flatMap(({ name, value, isCommentedOut }) => {
    const byDefault = known.get(name)?.safeParse(undefined).data;
    const isPlain = typeof byDefault === 'string' || typeof byDefault === 'number';
    return isCommentedOut && isPlain ? [[`${name}=${value}`, `${name}=${byDefault}`]] : [];
  });

  expect(shown.length).toBeGreaterThan(15);
  expect(shown.map(([written]) => written)).toEqual(shown.map(([, meant]) => meant));
});

test('what is shown can be used as it stands', () => {
  const unusable = entries.filter(
    ({ name, value }) => value !== '' && known.get(name)?.safeParse(value).success === false,
  );

  expect(unusable).toEqual([]);
});

test("no value points at somebody's host but the providers' own", () => {
  const hosts = entries.flatMap(({ value }) => (URL.canParse(value) ? new URL(value).hostname : []));

  expect(new Set(hosts)).toEqual(
    new Set(['localhost', 'provisioner.example', 'api.supabase.com', 'api.github.com', 'api.vercel.com', '']),
  );
});

test('no secret is given', () => {
  const secrets = entries.filter(({ name }) => /(TOKEN|KEY|KEYS|SECRET)$/.test(name));

  expect(secrets.length).toBeGreaterThan(5);
  expect(secrets.map(({ value }) => value)).toEqual(secrets.map(() => ''));
});
