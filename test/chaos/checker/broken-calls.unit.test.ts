/** Worlds whose requests to providers give a broken promise away: I3, I8, I9, I10, I16 and I20. */
import { describe } from 'vitest';
import { rejectEach } from './made/broken-worlds.ts';
import { pick, type Entry, type WorldDraft } from './made/draft.ts';
import {
  bothSucceeded,
  cancelled,
  rolledBack,
  succeeded,
  succeededAfterRollback,
  twin,
} from './made/worlds.ts';

const requestOf = (world: WorldDraft, operation: string) =>
  pick(world.journal, (entry) => entry.operation === operation);
const eventOf = (world: WorldDraft, type: string, step?: string) =>
  pick(
    world.ledger.events,
    (event) => event.type === type && (step === undefined || event.data['step'] === step),
  );
const effectOf = (world: WorldDraft, name: string) =>
  pick(world.ledger.effects, (effect) => effect.name.startsWith(name));

function move(entry: Entry, to: Date, byMs: number): void {
  entry.receivedAt = new Date(to.getTime() + byMs).toISOString();
}

/** One more request, as that one and at its time. */
function repeat(world: WorldDraft, operation: string, changes: Partial<Entry> = {}): void {
  const { objectId: _, objectKind: __, ...entry } = requestOf(world, operation);
  world.journal.push({
    ...entry,
    sequence: world.journal.length + 1,
    effect: 'none',
    ...changes,
  });
}

describe('what is not ours', () => {
  rejectEach([
    [
      'an object is deleted that a stranger made',
      'I3',
      rolledBack,
      (world) => {
        const id = requestOf(world, 'deleteWorkflow').objectId ?? '';
        world.strangers.push({ kind: 'n8n.workflow', id, name: 'Client acme', act: 'created' });
      },
    ],
    [
      'an object is deleted that no provisioning has listed',
      'I3 I9',
      rolledBack,
      (world) => repeat(world, 'deleteWorkflow', { path: '/api/v1/workflows/Strange' }),
    ],
    [
      'the deletion of the template is asked for',
      'I3 I9',
      rolledBack,
      (world) => repeat(world, 'deleteRepository', { path: '/repos/agency/client-template', status: 403 }),
    ],
    [
      'an object is deleted that was found, not made',
      'I3',
      rolledBack,
      (world) => Object.assign(requestOf(world, 'createWorkflow'), { effect: 'none' }),
    ],
    [
      'an object is deleted before it was recorded',
      'I3',
      rolledBack,
      (world) => Object.assign(eventOf(world, 'resource.created').data, { externalId: 'another' }),
    ],
    [
      'a stranger’s object counts as made by us',
      'I3',
      succeeded,
      (world) => {
        const object = pick(world.objects, ({ kind }) => kind === 'n8n.workflow');
        object.foreign = true;
      },
    ],
    [
      'an object of an earlier provisioning counts as made by the next one',
      'I10 I3 I8 I9',
      succeededAfterRollback,
      (world) => {
        const [first, second] = world.journal.filter(({ operation }) => operation === 'generateRepository');
        if (first !== undefined && second !== undefined) second.requestBody = first.requestBody;
      },
    ],
  ]);
});

describe('calls and their intents', () => {
  rejectEach([
    [
      'a request leaves before its intent is committed',
      'I9',
      succeeded,
      (world) => move(requestOf(world, 'createProject'), eventOf(world, 'effect.intended').at, -9),
    ],
    ['one intent is sent twice', 'I9', succeeded, (world) => repeat(world, 'createProject')],
    [
      'something is changed that no step changes',
      'I9',
      succeeded,
      (world) =>
        repeat(world, 'createProject', { method: 'PUT', path: '/repos/agency/client-acme-app/topics' }),
    ],
    [
      'an effect counts a call without an intent',
      'I9',
      succeeded,
      (world) => Object.assign(effectOf(world, 'create supabase'), { calls: 2 }),
    ],
    [
      'a request leaves after its effect was recorded by another',
      'I8',
      succeeded,
      (world) =>
        move(requestOf(world, 'createWorkflow'), eventOf(world, 'effect.confirmed', 'n8n-webhooks').at, 9),
    ],
    [
      'a worker that was taken for dead sends under its old intent',
      'I8',
      twin,
      (world) => {
        const [late, next] = world.journal.filter(({ operation }) => operation === 'generateRepository');
        if (late !== undefined && next !== undefined) move(late, new Date(next.receivedAt), 1);
      },
    ],
    [
      'two workers record one call',
      'I8',
      succeeded,
      (world) =>
        Object.assign(eventOf(world, 'resource.created'), {
          type: 'effect.confirmed',
          data: eventOf(world, 'effect.confirmed').data,
        }),
    ],
    [
      'a call is begun after the cancel',
      'I16',
      cancelled,
      (world) => {
        const cancel = eventOf(world, 'provisioning.cancelled');
        const intent = eventOf(world, 'effect.intended', 'github-repo');
        [cancel.type, intent.type] = [intent.type, cancel.type];
        [cancel.data, intent.data] = [intent.data, cancel.data];
      },
    ],
  ]);
});

describe('the order of the steps', () => {
  const rowOf = (world: WorldDraft, direction: string, name: string) =>
    pick(world.ledger.steps, (step) => step.direction === direction && step.name === name);
  rejectEach([
    [
      'a step begins before the one before it has ended',
      'I10',
      succeeded,
      (world) =>
        Object.assign(rowOf(world, 'run', 'github-repo'), {
          started_at: world.ledger.provisionings[0]?.created_at,
        }),
    ],
    [
      'an undo begins before that of the step after it has ended',
      'I10',
      rolledBack,
      (world) =>
        Object.assign(rowOf(world, 'undo', 'supabase-project'), {
          started_at: world.ledger.provisionings[0]?.created_at,
        }),
    ],
    [
      'the undo goes on in another order',
      'I10',
      rolledBack,
      (world) => {
        const swapped = new Map([
          ['github-repo', 'database-schema'],
          ['database-schema', 'github-repo'],
        ]);
        for (const { type, data } of world.ledger.events)
          if (type.startsWith('undo.')) data['step'] = swapped.get(String(data['step'])) ?? data['step'];
      },
    ],
    [
      'a step intends a call while another one is at work',
      'I10',
      succeeded,
      (world) =>
        Object.assign(eventOf(world, 'effect.intended', 'n8n-webhooks').data, { step: 'github-repo' }),
    ],
    [
      'a request comes in after its step has ended',
      'I10 I8',
      succeeded,
      (world) =>
        move(requestOf(world, 'createDeployment'), eventOf(world, 'step.started', 'n8n-webhooks').at, 1),
    ],
    [
      'an undo makes something',
      'I10 I9',
      rolledBack,
      (world) =>
        Object.assign(eventOf(world, 'resource.deleting'), {
          type: 'effect.intended',
          data: {
            effect: effectOf(world, 'create n8n').id,
            step: 'n8n-webhooks',
            name: 'create n8n.workflow',
          },
        }),
    ],
  ]);
});

describe('one client and another', () => {
  const resources = (world: WorldDraft, kind: string) =>
    world.ledger.resources.filter((row) => row.kind === kind);
  rejectEach([
    [
      'an object is not named after its client',
      'I20',
      succeeded,
      (world) => Object.assign(pick(resources(world, 'n8n.workflow')), { name: 'Client else' }),
    ],
    [
      'a request names another client’s object',
      'I20',
      bothSucceeded,
      (world) =>
        Object.assign(requestOf(world, 'createWorkflow').requestBody as object, { name: 'Client beta' }),
    ],
    [
      'a project is linked to another client’s repository',
      'I20',
      bothSucceeded,
      (world) =>
        Object.assign(requestOf(world, 'createVercelProject').requestBody as object, {
          gitRepository: { repo: 'agency/client-beta-app' },
        }),
    ],
    [
      'two clients’ webhooks have one address',
      'I20',
      bothSucceeded,
      (world) => {
        for (const { requestBody, operation } of world.journal)
          if (operation === 'createWorkflow')
            for (const node of (requestBody as { nodes: { webhookId: string }[] }).nodes)
              node.webhookId = 'one';
      },
    ],
    [
      'another client’s workflow is published',
      'I20',
      bothSucceeded,
      (world) => {
        const [mine, other] = resources(world, 'n8n.workflow').map(({ external_id: id }) => id);
        const deploy = requestOf(world, 'createDeployment');
        Object.assign(deploy.requestBody as object, { project: `${mine} or ${other}` });
      },
    ],
    [
      'one client met what was made for another',
      'I20',
      bothSucceeded,
      (world) => {
        const [mine, other] = resources(world, 'n8n.workflow');
        world.ledger.resources.push({
          ...pick([other].filter((row) => row !== undefined)),
          id: 'met',
          provisioning_id: mine?.provisioning_id ?? '',
          origin: 'foreign',
        });
      },
    ],
    [
      'an object is made beside a stranger’s that had the name before',
      'I20',
      succeeded,
      (world) => {
        const workflow = pick(world.objects, ({ kind }) => kind === 'n8n.workflow');
        world.objects.push({
          ...structuredClone(workflow),
          id: 'strange',
          foreign: true,
          createdAt: '2020-01-01T00:00:00.000Z',
        });
      },
    ],
  ]);
});
