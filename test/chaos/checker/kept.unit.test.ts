import { performance } from 'node:perf_hooks';
import { expect, test } from 'vitest';
import { checkWorld } from './check.ts';
import * as worlds from './made/worlds.ts';

test.each(Object.entries(worlds))('a world in which every promise was kept is accepted: %s', (_, make) => {
  expect(checkWorld(make())).toEqual([]);
});

test('a world without anything in it is accepted', () => {
  const world = worlds.succeeded();
  const nothing = {
    provisionings: [],
    steps: [],
    effects: [],
    resources: [],
    events: [],
    callbacks: [],
    attempts: [],
  };
  expect(
    checkWorld({ ...world, requests: [], objects: [], journal: [], received: [], ledger: nothing }),
  ).toEqual([]);
});

test('a schedule is judged in no time', () => {
  const world = worlds.rolledBack();
  const startedAt = performance.now();
  expect(checkWorld(world)).toEqual([]);
  expect(performance.now() - startedAt).toBeLessThan(50);
});
