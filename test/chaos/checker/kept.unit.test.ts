import { expect, test } from 'vitest';
import { checkWorld } from './check.ts';
import { pick } from './made/draft.ts';
import { beginStory } from './made/story.ts';
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

test('what a stranger has renamed may be deleted by its new name', () => {
  const world = worlds.rolledBack();
  const deletion = pick(world.journal, ({ operation }) => operation === 'deleteRepository');
  const { objectId: id = '', objectKind: kind = '' } = deletion;
  world.strangers.push({ kind, id, name: 'client-acme-app', act: 'renamed' });
  Object.assign(deletion, {
    path: '/repos/agency/renamed',
    status: undefined,
    outcome: 'dropped',
    effect: 'none',
  });
  delete deletion.objectId;
  expect(checkWorld(world)).toEqual([]);
});

test('a project whose template was refused has nothing of it', () => {
  const world = worlds.paused();
  const database = pick(world.projectDatabases ?? []);
  Object.assign(database, { tables: [], appliedBy: [] });
  expect(checkWorld(world)).toEqual([]);
});

test('eleven clients at once are judged one by one', () => {
  const story = beginStory();
  for (let client = 1; client <= 11; client += 1) worlds.succeeded(story, `client-${client}`);
  expect(story.world.journal.length).toBeGreaterThan(100);
  expect(checkWorld(story.world)).toEqual([]);
});
