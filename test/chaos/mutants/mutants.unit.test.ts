import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { crashKinds } from '../crashes.ts';
import { faultsOf } from '../faults.ts';
import { parseOptions } from '../options.ts';
import { readPatches } from './patches.ts';
import { judgeRun } from './verdict.ts';

const root = join(import.meta.dirname, '../../..');
const patches = readPatches();
const invariants = new Set(Array.from({ length: 23 }, (_, index) => `I${index + 1}`));
const crashNames = new Set(crashKinds.map(({ name }) => name));
const faultNames = new Set<string>(faultsOf('redis'));

test('there are twenty-five deliberate bugs at least, each under a number of its own', () => {
  expect(patches.length).toBeGreaterThanOrEqual(25);
  expect(patches.map(({ name }) => Number.parseInt(name, 10))).toEqual(patches.map((_, index) => index + 1));
});

describe.each(patches)('$name', (patch) => {
  test('says what the bug is, and which promise falls', () => {
    expect(patch.what).toMatch(/^[A-Z].+\.$/);
    expect(patch.expect.length).toBeGreaterThan(0);
    expect(patch.expect.filter((one) => !invariants.has(one))).toEqual([]);
  });

  test('draws from crashes, faults and courses that there are', () => {
    const { crashes = [], faults = [], courses, only } = parseOptions(patch.focus) ?? {};
    expect(courses?.length).toBeGreaterThan(0);
    expect(crashes.filter((name) => !crashNames.has(name))).toEqual([]);
    expect(faults.filter((name) => !faultNames.has(name))).toEqual([]);
    expect(only).toBeUndefined();
  });

  test('changes a few lines of the product, as it is now', () => {
    expect(patch.paths.filter((path) => !/^src\/(?!sandbox|demo|local)/.test(path))).toEqual([]);
    expect(patch.lines).toBeGreaterThan(0);
    expect(patch.lines).toBeLessThanOrEqual(10);
    const { stderr } = spawnSync('git', ['apply', '--check', patch.file], { cwd: root, encoding: 'utf8' });
    expect(stderr).toBe('');
  });
});

describe('a mutant counts as found', () => {
  const run = (code: number, ...lines: string[]) =>
    judgeRun({ expect: ['I1', 'I13'] }, { code, output: lines.join('\n') });

  test('by one of the invariants that it is to break, in whichever schedule', () => {
    const verdict = run(
      1,
      'BROKEN in schedule 3 (fail):',
      '  I18: it did not come to rest: a',
      '  world: .data/chaos/redis-7-3.json',
      'BROKEN in schedule 12 (cancel):',
      '  I13: something is left',
      'took 9 s',
    );
    expect(verdict).toMatchObject({ is: 'found', schedule: 12, invariants: ['I18', 'I13'] });
  });

  test('not by another one, nor by a defect of the harness', () => {
    expect(run(1, 'BROKEN in schedule 0 (fail):', '  I18: it did not come to rest').is).toBe(
      'found otherwise',
    );
    expect(run(1, 'BROKEN in schedule 0 (fail):', '  harness: Error: no').is).toBe('found otherwise');
  });

  test('not when nothing was found, and least of all when nothing was run', () => {
    expect(run(0, 'seed 7', 'took 9 s').is).toBe('missed');
    expect(run(1, 'error: patch failed: src/http/request.ts:1').is).toBe('could not be run');
    expect(run(0, '').is).toBe('could not be run');
  });
});
