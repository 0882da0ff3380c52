/** Tells what a provisioning does at the providers: intents, calls, their outcomes, and the objects. */
import type { EffectRow } from '../../../../src/ledger/rows.ts';
import { emptyWorld, pick, remove, type EffectRowDraft, type Entry, type WorldDraft } from './draft.ts';
import { partOf, type Part } from './parts.ts';
import { openScribe, stepNames, type Scribe } from './scribe.ts';

export interface Story {
  readonly world: WorldDraft;
  accept(clientId: string): Tale;
}

export function beginStory(): Story {
  const world = emptyWorld();
  let now = Date.parse('2026-01-05T10:00:00Z');
  let cases = 0;
  const clock = () => new Date((now += 10));
  return {
    world,
    accept(clientId) {
      const scribe = openScribe(world, clock, clientId, (cases += 1));
      for (const name of stepNames) scribe.addStep('run', name);
      scribe.request('create', 202);
      scribe.event('provisioning.accepted');
      return { ...scribe, ...tell(world, scribe) };
    },
  };
}

export type Tale = Scribe & ReturnType<typeof tell>;

function tell(world: WorldDraft, scribe: Scribe) {
  const { ledger } = world;
  const { row, newId, serial } = scribe;
  const mark = `prov-${row.id}-0a1b2c3d`;

  function intend(step: string, name: string, verb: EffectRow['verb'], naturalKey: string): EffectRowDraft {
    let effect = ledger.effects.find((one) => one.provisioning_id === row.id && one.name === name);
    if (effect === undefined) {
      const times = {
        created_at: new Date(0),
        absent_at: undefined,
        called_at: undefined,
        doubt_since: undefined,
      };
      const about = { provisioning_id: row.id, step, name, verb, natural_key: naturalKey, mark };
      effect = {
        id: newId(),
        ...about,
        state: 'intended',
        calls: 0,
        doubts: 0,
        forgiven_doubts: 0,
        ...times,
      };
      ledger.effects.push(effect);
    }
    effect.calls += 1;
    effect.state = 'intended';
    scribe.event('effect.intended', { effect: effect.id, step, name });
    return effect;
  }

  function conclude(effect: EffectRowDraft, state: 'confirmed' | 'refused'): void {
    effect.state = state;
    scribe.event(`effect.${state}`, { effect: effect.id, step: effect.step, name: effect.name });
  }

  /** The request that makes it, and the object. */
  function make({ provider, kind, id, name, creation, details }: Part): void {
    const { operation, path, body } = creation;
    const effect = { effect: 'created', objectKind: kind, objectId: id } as const;
    const { at } = scribe.send({
      provider,
      operation,
      method: 'POST',
      path,
      requestBody: body,
      status: 201,
      ...effect,
    });
    world.objects.push({ provider, kind, id, name, createdAt: at, foreign: false, details });
  }

  return {
    intend,
    conclude,
    make,
    partFor: (step: string, nth = 0) => partOf(step, row, mark, serial + 10 * nth),

    record({ kind, name, step, id }: Part, effectId: string): void {
      const state = {
        url: undefined,
        origin: 'created',
        state: 'live',
        error: undefined,
        made_by: undefined,
      } as const;
      const about = { provisioning_id: row.id, effect_id: effectId, step, kind, external_id: id, name };
      ledger.resources.push({ id: newId(), ...about, ...state });
      scribe.event('resource.created', { externalId: id, name });
    },

    destroy({ provider, kind, id, step, deletion }: Part): void {
      const resource = pick(ledger.resources, ({ external_id: known }) => known === id);
      scribe.event('resource.deleting', { resource: resource.id });
      const effect = intend(step, `delete ${kind} ${id}`, 'delete', id);
      scribe.send({
        provider,
        method: 'DELETE',
        ...deletion,
        effect: 'deleted',
        objectKind: kind,
        objectId: id,
      });
      remove(world.objects, (object) => object.id === id || object.details['projectId'] === id);
      conclude(effect, 'confirmed');
      resource.state = 'deleted';
      scribe.event('resource.deleted', { resource: resource.id });
    },

    /** A change of something, seen to be so. */
    change(step: string, name: string, target: string, entry: Parameters<Scribe['send']>[0]): Entry {
      const effect = intend(step, name, 'change', target);
      const sent = scribe.send({ effect: 'changed', ...entry });
      conclude(effect, 'confirmed');
      return sent;
    },
  };
}
