/** Worlds in which a provider was away for seconds: I22. */
import { describe, expect, test } from 'vitest';
import type { ProviderName } from '../../../sandbox/exchange.ts';
import { checkWorld } from './check.ts';
import { rejectEach } from './made/broken-worlds.ts';
import { pick, type Entry, type WorldDraft } from './made/draft.ts';
import { incomplete, paused, rolledBack } from './made/worlds.ts';

const eventOf = (world: WorldDraft, type: string, step: string) =>
  pick(world.ledger.events, (event) => event.type === type && event.data['step'] === step);

/** From a bit after the step has begun. */
function beAway(world: WorldDraft, provider: ProviderName, step: string, type = 'step', ms = 2000): void {
  const from = eventOf(world, `${type}.started`, step).at.getTime() + 9;
  const [begin, end] = [from, from + ms].map((at) => new Date(at).toISOString());
  world.outages.push({ provider, form: '503', from: begin ?? '', until: end ?? '' });
}

/** One more answer to the step, right after it has begun. */
function answer(world: WorldDraft, step: string, entry: Partial<Entry>): void {
  const at = new Date(eventOf(world, 'step.started', step).at.getTime()).toISOString();
  const like = pick(world.journal, ({ provider }) => provider === 'n8n');
  world.journal.push({
    ...like,
    sequence: world.journal.length + 1,
    receivedAt: at,
    at,
    operation: 'listWorkflows',
    method: 'GET',
    path: '/api/v1/workflows',
    effect: 'none',
    ...entry,
  });
}

const codeIs = (world: WorldDraft, type: string, step: string, code: string) =>
  Object.assign(eventOf(world, type, step).data, { error: { code, message: 'so' } });

describe('a step gives up', () => {
  rejectEach([
    [
      'n8n was away for two seconds, and everything is undone',
      'I22',
      rolledBack,
      (world) => {
        codeIs(world, 'step.failed', 'n8n-webhooks', 'provider-unavailable');
        beAway(world, 'n8n', 'n8n-webhooks');
      },
    ],
    [
      'n8n’s start-up page is taken for a refusal',
      'I22',
      rolledBack,
      (world) => beAway(world, 'n8n', 'n8n-webhooks'),
    ],
    [
      'a proxy’s page is taken for a refusal of the token',
      'I22',
      rolledBack,
      (world) => {
        codeIs(world, 'step.failed', 'n8n-webhooks', 'credentials-rejected');
        beAway(world, 'n8n', 'n8n-webhooks');
      },
    ],
    [
      'it waits, and not for as long as it may',
      'I22',
      paused,
      (world) => {
        codeIs(world, 'step.failed', 'n8n-webhooks', 'not-ready-in-time');
        beAway(world, 'n8n', 'n8n-webhooks');
      },
    ],
    [
      'an undo leaves something behind',
      'I22',
      incomplete,
      (world) => {
        const refused = pick(world.journal, ({ status }) => status === 403);
        refused.status = 200;
        codeIs(world, 'undo.failed', 'github-repo', 'provider-unavailable');
        beAway(world, 'github', 'github-repo', 'undo');
      },
    ],
    [
      'what the provider answers while it is away excuses nothing',
      'I22',
      rolledBack,
      (world) => {
        beAway(world, 'n8n', 'n8n-webhooks');
        const from = pick(world.outages).from;
        answer(world, 'n8n-webhooks', { status: 503, receivedAt: from, at: from });
      },
    ],
  ]);
});

describe('something of ours is disowned', () => {
  rejectEach([
    [
      'its own create had answered for it',
      'I22',
      incomplete,
      (world) =>
        Object.assign(
          pick(world.ledger.resources, ({ kind }) => kind === 'github.repository'),
          { state: 'unknown' },
        ),
    ],
  ]);
});

describe('a step that fails may have had a reason', () => {
  const away = (world: WorldDraft) => beAway(world, 'n8n', 'n8n-webhooks');
  test.each<[string, (world: WorldDraft) => void]>([
    ['nothing was away', () => {}],
    ['another provider was', (world) => beAway(world, 'github', 'n8n-webhooks')],
    ['it was away before', (world) => beAway(world, 'n8n', 'supabase-project', 'step', 12)],
    ['it was away for too long', (world) => beAway(world, 'n8n', 'n8n-webhooks', 'step', 20_001)],
    [
      'a second time was too long',
      (world) => (away(world), beAway(world, 'n8n', 'n8n-webhooks', 'step', 20_001)),
    ],
    [
      'its time was up',
      (world) => {
        world.limits.readyTimeoutMs = 5;
        beAway(world, 'n8n', 'n8n-webhooks', 'step', 4);
      },
    ],
    ['it was refused', (world) => (away(world), answer(world, 'n8n-webhooks', { status: 400 }))],
    ['it got a 500 too', (world) => (away(world), answer(world, 'n8n-webhooks', { status: 500 }))],
    [
      'it got no answer too',
      (world) => (away(world), answer(world, 'n8n-webhooks', { status: undefined, outcome: 'hung' })),
    ],
    ['it met something else', (world) => (away(world), answer(world, 'n8n-webhooks', { fault: 'garbage' }))],
    ['the provider was slow to show things', (world) => (away(world), world.impaired.push('n8n'))],
    [
      'a stranger had the name',
      (world) => {
        away(world);
        world.strangers.push({ kind: 'n8n.workflow', id: 'its', name: 'Client acme', act: 'created' });
      },
    ],
    [
      'a stranger has changed what is ours',
      (world) => {
        away(world);
        const { external_id: id = '', kind, name } = pick(world.ledger.resources.toReversed());
        world.strangers.push({ kind, id, name: `${name} renamed`, act: 'renamed' });
      },
    ],
    [
      'something has the name',
      (world) => (away(world), codeIs(world, 'step.failed', 'n8n-webhooks', 'name-taken')),
    ],
  ])('%s', (_, spoil) => {
    const world = rolledBack();
    spoil(world);
    expect(checkWorld(world)).toEqual([]);
  });
});
