/** Tells what happens to a provisioning, and writes down all that a real run would leave of it. */
import { Webhook } from 'standardwebhooks';
import type { EffectRow } from '../../../../src/ledger/rows.ts';
import {
  emptyWorld,
  pick,
  remove,
  signingSecret,
  type CaseRow,
  type Entry,
  type ResourceRowDraft,
  type WorldDraft,
} from './draft.ts';
import { partOf, type Part } from './parts.ts';

export const stepNames = [
  'supabase-project',
  'database-schema',
  'github-repo',
  'vercel-deployment',
  'n8n-webhooks',
];

export interface Clock {
  /** Ten milliseconds later. */
  next(): Date;
}

export interface Story {
  readonly world: WorldDraft;
  accept(clientId: string): Tale;
}

export function beginStory(): Story {
  const world = emptyWorld();
  let now = Date.parse('2026-01-05T10:00:00Z');
  let cases = 0;
  const next = () => new Date((now += 10));
  return { world, accept: (clientId) => tell(world, { next }, clientId, (cases += 1)) };
}

export type Tale = ReturnType<typeof tell>;

function tell(world: WorldDraft, clock: Clock, clientId: string, serial: number) {
  const { ledger } = world;
  let numbered = 0;
  const idFor = (group: number) =>
    `0000000${serial}-000${group}-4000-8000-${String((numbered += 1)).padStart(12, '0')}`;
  const row: CaseRow = {
    id: `0000000${serial}-0000-4000-8000-000000000000`,
    client_id: clientId,
    client_name: 'Acme Ltd',
    org_email: 'ops@acme.example',
    tier: 'starter',
    callback_url: `http://127.0.0.1/receiver/${clientId}`,
    on_failure: 'rollback',
    step_names: [...stepNames],
    status: 'queued',
    rollback_status: 'none',
    failure: undefined,
    flow: 1,
    epoch: 1,
    last_event: 0,
    created_at: clock.next(),
    updated_at: clock.next(),
    finished_at: undefined,
  };
  ledger.provisionings.push(row);
  for (const [index, name] of stepNames.entries()) addStep('run', name, index + 1);
  request('create', 202);
  event('provisioning.accepted');

  function request(act: 'create' | 'cancel' | 'resume' | 'rollback', status: number): void {
    world.requests.push({ at: clock.next().toISOString(), act, clientId, status, provisioningId: row.id });
  }
  function event(type: string, data: Record<string, unknown> = {}): void {
    row.last_event += 1;
    ledger.events.push({ provisioning_id: row.id, sequence: row.last_event, type, data, at: clock.next() });
  }
  function addStep(direction: 'run' | 'undo', name: string, position: number): void {
    ledger.steps.push({
      provisioning_id: row.id,
      direction,
      position,
      name,
      status: 'pending',
      attempts: 0,
      waiting_for: undefined,
      waiting_since: undefined,
      looks: 0,
      due_at: undefined,
      error: undefined,
      output: {},
      started_at: undefined,
      finished_at: undefined,
    });
  }
  const stepRow = (direction: 'run' | 'undo', step: string) =>
    pick(
      ledger.steps,
      (one) => one.provisioning_id === row.id && one.direction === direction && one.name === step,
    );

  function send(entry: Pick<Entry, 'provider' | 'operation' | 'method' | 'path'> & Partial<Entry>): Entry {
    const at = clock.next().toISOString();
    const sequence = world.journal.length + 1;
    const rest = { requestBody: undefined, status: 200, outcome: 'answered', effect: 'none' } as const;
    const sent: Entry = { sequence, receivedAt: at, at, ...rest, ...entry };
    world.journal.push(sent);
    return sent;
  }
  function intend(step: string, name: string, verb: EffectRow['verb'], naturalKey: string) {
    const isOfIt = (one: (typeof ledger.effects)[number]) =>
      one.provisioning_id === row.id && one.name === name;
    let effect = ledger.effects.find(isOfIt);
    if (effect === undefined) {
      const mark = `prov-${row.id}-0a1b2c3d`;
      const more = { doubts: 0, absent_at: undefined, called_at: undefined, doubt_since: undefined } as const;
      const id = idFor(1);
      effect = {
        id,
        provisioning_id: row.id,
        step,
        name,
        verb,
        natural_key: naturalKey,
        mark,
        state: 'intended',
        calls: 0,
        ...more,
      };
      ledger.effects.push(effect);
    }
    effect.calls += 1;
    effect.state = 'intended';
    event('effect.intended', { effect: effect.id, step, name });
    return effect;
  }
  function conclude(effect: ReturnType<typeof intend>, state: 'confirmed' | 'refused'): void {
    effect.state = state;
    event(`effect.${state}`, { effect: effect.id, step: effect.step, name: effect.name });
  }
  function record(part: Part, effectId: string): ResourceRowDraft {
    const { kind, name, step } = part;
    const id = idFor(2);
    const more = { url: undefined, origin: 'created', state: 'live', error: undefined } as const;
    const resource = {
      id,
      provisioning_id: row.id,
      effect_id: effectId,
      step,
      kind,
      external_id: part.id,
      name,
      ...more,
    };
    ledger.resources.push(resource);
    event('resource.created', { externalId: part.id, name });
    return resource;
  }
  /** The request that makes it, and the object. */
  function make(part: Part): void {
    const { provider, kind, id, name, creation } = part;
    const { operation, path, body } = creation;
    const effect = { effect: 'created', objectKind: kind, objectId: id } as const;
    const { at } = send({
      provider,
      operation,
      method: 'POST',
      path,
      requestBody: body,
      status: 201,
      ...effect,
    });
    world.objects.push({ provider, kind, id, name, createdAt: at, foreign: false, details: part.details });
  }
  function destroy(part: Part): void {
    const resource = pick(ledger.resources, ({ external_id: id }) => id === part.id);
    resource.state = 'deleting';
    event('resource.deleting', { resource: resource.id });
    const effect = intend(part.step, `delete ${part.kind} ${part.id}`, 'delete', part.id);
    const done = { effect: 'deleted', objectKind: part.kind, objectId: part.id } as const;
    send({ provider: part.provider, method: 'DELETE', ...part.deletion, ...done });
    remove(world.objects, ({ id, details }) => id === part.id || details['projectId'] === part.id);
    conclude(effect, 'confirmed');
    resource.state = 'deleted';
    event('resource.deleted', { resource: resource.id });
  }
  const partFor = (step: string, nth = 0) => partOf(step, row, `prov-${row.id}-0a1b2c3d`, serial + 10 * nth);

  /** A change of something, seen to be so. */
  function change(step: string, name: string, target: string, entry: Parameters<typeof send>[0]): Entry {
    const effect = intend(step, name, 'change', target);
    const sent = send({ effect: 'changed', ...entry });
    conclude(effect, 'confirmed');
    return sent;
  }
  function tellCaller(type: string): void {
    const sequence = ledger.callbacks.filter(({ provisioning_id: id }) => id === row.id).length + 1;
    const at = clock.next();
    const data = {
      id: row.id,
      clientId,
      sequence,
      status: row.status,
      rollback: { status: row.rollback_status },
    };
    const body = JSON.stringify({ type, timestamp: at.toISOString(), data });
    const id = idFor(3);
    const common = { attempts: 1, due_at: at, created_at: at };
    ledger.callbacks.push({
      id,
      provisioning_id: row.id,
      sequence,
      type,
      body,
      state: 'delivered',
      ...common,
    });
    ledger.attempts.push({ callback_id: id, attempt: 1, status: 200 });
    const headers = {
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
      'webhook-signature': new Webhook(signingSecret).sign(id, at, body),
    };
    world.received.push({ name: clientId, at: at.toISOString(), method: 'POST', headers, body, status: 200 });
  }
  return {
    row,
    clock,
    request,
    event,
    addStep,
    stepRow,
    send,
    intend,
    conclude,
    record,
    make,
    destroy,
    change,
    partFor,
    tellCaller,
  };
}
