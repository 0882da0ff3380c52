/** Worlds whose ledger gives a broken promise away: I2, I6, I7, I14 to I19 and I23. */
import { describe } from 'vitest';
import { rejectEach } from './made/broken-worlds.ts';
import { pick, remove, type WorldDraft } from './made/draft.ts';
import {
  cancelled,
  incomplete,
  offboarded,
  paused,
  rolledBack,
  succeeded,
  succeededAfterRollback,
} from './made/worlds.ts';

const eventOf = (world: WorldDraft, type: string) =>
  pick(world.ledger.events, (event) => event.type === type);
/** One more event, right after that one. */
function insert(world: WorldDraft, after: string, type: string, data: Record<string, unknown>): void {
  const { events } = world.ledger;
  const before = eventOf(world, after);
  for (const event of events) if (event.sequence > before.sequence) event.sequence += 1;
  events.push({ ...before, sequence: before.sequence + 1, type, data });
  lastRow(world).last_event += 1;
}
const lastRow = (world: WorldDraft) => pick(world.ledger.provisionings.toReversed());
const stepOf = (world: WorldDraft, name: string) =>
  pick(world.ledger.steps, (step) => step.name === name && step.direction === 'run');
const askFor = (world: WorldDraft, act: 'create' | 'cancel', status: number, id?: string) =>
  world.requests.push({ at: '2026-01-05T10:00:00.000Z', act, clientId: 'acme', status, provisioningId: id });

describe('what was accepted, and how it ends', () => {
  rejectEach([
    ['one has not ended', 'I14 I2', paused, (world) => Object.assign(lastRow(world), { status: 'running' })],
    [
      'one has no time of its end',
      'I2',
      succeeded,
      (world) => Object.assign(lastRow(world), { finished_at: undefined }),
    ],
    [
      'one ends in two ways',
      'I14 I2 I4',
      rolledBack,
      (world) => insert(world, 'undo.started', 'provisioning.failed', {}),
    ],
    [
      'an incomplete one does not say why something is left',
      'I2',
      incomplete,
      (world) => {
        for (const row of world.ledger.resources) row.error = undefined;
      },
    ],
    ['an accepted request has left no row', 'I6', succeeded, (world) => askFor(world, 'create', 202, 'lost')],
    [
      'an accepted request has another client’s row',
      'I15 I6',
      succeeded,
      (world) => Object.assign(pick(world.requests), { clientId: 'beta' }),
    ],
    [
      'a row is there that nobody asked for',
      'I15',
      succeededAfterRollback,
      (world) => void world.requests.pop(),
    ],
    [
      'two provisionings hold one client’s place',
      'I7',
      succeededAfterRollback,
      (world) => {
        const accepted = world.ledger.events.findLast(({ type }) => type === 'provisioning.accepted');
        if (accepted !== undefined) accepted.at = eventOf(world, 'provisioning.failed').at;
      },
    ],
    ['it does not come to rest', 'I18', succeeded, (world) => Object.assign(world, { isQuiescent: false })],
  ]);
});

describe('cancelling', () => {
  rejectEach([
    [
      'one that was told that it is cancelled succeeds',
      'I16',
      succeeded,
      (world) => askFor(world, 'cancel', 202, lastRow(world).id),
    ],
    [
      'one is cancelled by a request that was refused',
      'I16',
      cancelled,
      (world) =>
        Object.assign(
          pick(world.requests, ({ act }) => act === 'cancel'),
          { status: 409 },
        ),
    ],
    [
      'one is cancelled, and has succeeded',
      'I14 I16 I2 I4',
      cancelled,
      (world) => Object.assign(eventOf(world, 'effect.confirmed'), { type: 'provisioning.succeeded' }),
    ],
    [
      'a cancelled one is not shown as that',
      'I14 I16',
      cancelled,
      (world) => Object.assign(lastRow(world), { status: 'failed' }),
    ],
  ]);
});

describe('the history', () => {
  rejectEach([
    [
      'an event is missing',
      'I14',
      succeeded,
      (world) => remove(world.ledger.events, ({ type }) => type === 'provisioning.accepted'),
    ],
    [
      'an event was written later than the ones after it',
      'I14',
      succeeded,
      (world) => Object.assign(eventOf(world, 'step.started'), { at: new Date('2026-01-05T09:00:00Z') }),
    ],
    [
      'an event was lost at the end',
      'I14',
      succeeded,
      (world) => Object.assign(lastRow(world), { last_event: 999 }),
    ],
    [
      'a rollback is completed that never began',
      'I14',
      succeeded,
      (world) => Object.assign(eventOf(world, 'resource.created'), { type: 'rollback.paused' }),
    ],
    [
      'a step works after the success',
      'I10 I14',
      offboarded,
      (world) =>
        Object.assign(eventOf(world, 'rollback.requested'), {
          type: 'step.waiting',
          data: { step: 'n8n-webhooks' },
        }),
    ],
    [
      'an operator’s act does not say whose it is',
      'I14',
      offboarded,
      (world) => Object.assign(eventOf(world, 'rollback.requested'), { data: {} }),
    ],
    [
      'the steps are not those that it was accepted with',
      'I19',
      succeeded,
      (world) => void lastRow(world).step_names.push('a-sixth-step'),
    ],
    [
      'a step is not the one that it was accepted with',
      'I19',
      rolledBack,
      (world) => Object.assign(stepOf(world, 'database-schema'), { name: 'another-schema' }),
    ],
  ]);
});

describe('bounds', () => {
  rejectEach([
    [
      'a step is tried too often',
      'I17',
      succeeded,
      (world) => Object.assign(stepOf(world, 'github-repo'), { attempts: 5 }),
    ],
    [
      'an attempt is counted past its bound',
      'I17',
      succeeded,
      (world) => Object.assign(eventOf(world, 'step.started').data, { attempt: 5 }),
    ],
    [
      'a create gets no answer again and again',
      'I17',
      succeeded,
      (world) => Object.assign(pick(world.ledger.effects), { doubts: 5 }),
    ],
    [
      'a call is made without end',
      'I17 I9',
      succeeded,
      (world) => Object.assign(pick(world.ledger.effects), { calls: 5000 }),
    ],
    [
      'a step fails without a reason',
      'I17',
      rolledBack,
      (world) => Object.assign(stepOf(world, 'n8n-webhooks'), { error: undefined }),
    ],
    [
      'one is paused without a reason',
      'I17',
      paused,
      (world) => Object.assign(lastRow(world), { failure: undefined }),
    ],
    [
      'each look of a wait is written down',
      'I23',
      succeeded,
      (world) => {
        for (const _ of ['first look', 'second look'])
          insert(world, 'resource.created', 'step.waiting', {
            step: 'supabase-project',
            waitingFor: 'health',
          });
      },
    ],
  ]);
});
