/** Writes down what a real run would leave of a provisioning: rows of the ledger, requests, callbacks. */
import { Webhook } from 'standardwebhooks';
import { stepRowOf } from '../../../helpers/rows.ts';
import {
  pick,
  signingSecret,
  type CaseRow,
  type Entry,
  type StepRowDraft,
  type WorldDraft,
} from './draft.ts';

export const stepNames = [
  'supabase-project',
  'database-schema',
  'github-repo',
  'vercel-deployment',
  'n8n-webhooks',
];

/** Ten milliseconds later, each time. */
export type Clock = () => Date;

export type Scribe = ReturnType<typeof openScribe>;

export function openScribe(world: WorldDraft, clock: Clock, clientId: string, serial: number) {
  const { ledger } = world;
  const group = String(serial).padStart(8, '0');
  const row = newRow(`${group}-0000-4000-8000-000000000000`, clientId, clock());
  ledger.provisionings.push(row);
  let numbered = 0;

  return {
    row,
    clock,
    serial,
    /** An id of its own. */
    newId: () => `${group}-0001-4000-8000-${String((numbered += 1)).padStart(12, '0')}`,

    request(act: 'create' | 'cancel' | 'resume' | 'rollback', status: number): void {
      world.requests.push({ at: clock().toISOString(), act, clientId, status, provisioningId: row.id });
    },

    event(type: string, data: Record<string, unknown> = {}): void {
      row.last_event += 1;
      ledger.events.push({ provisioning_id: row.id, sequence: row.last_event, type, data, at: clock() });
    },

    addStep(direction: 'run' | 'undo', name: string): void {
      ledger.steps.push(newStep(row.id, direction, name));
    },
    step: (direction: 'run' | 'undo', name: string) =>
      pick(
        ledger.steps,
        (one) => one.provisioning_id === row.id && one.direction === direction && one.name === name,
      ),

    send(entry: Pick<Entry, 'provider' | 'operation' | 'method' | 'path'> & Partial<Entry>): Entry {
      const at = clock().toISOString();
      const answered = { requestBody: undefined, status: 200, outcome: 'answered', effect: 'none' } as const;
      const sent: Entry = { sequence: world.journal.length + 1, receivedAt: at, at, ...answered, ...entry };
      world.journal.push(sent);
      return sent;
    },

    /** Written, sent and delivered. */
    callBack(type: string): void {
      const sequence = ledger.callbacks.filter(({ provisioning_id: id }) => id === row.id).length + 1;
      const at = clock();
      const data = { id: row.id, clientId, sequence, status: row.status };
      const body = JSON.stringify({ type, timestamp: at.toISOString(), data });
      const id = `msg-${serial}-${sequence}`;
      const times = { attempts: 1, due_at: at, created_at: at };
      ledger.callbacks.push({
        id,
        provisioning_id: row.id,
        sequence,
        type,
        body,
        state: 'delivered',
        ...times,
      });
      ledger.attempts.push({ callback_id: id, attempt: 1, status: 200 });
      const headers = {
        'webhook-id': id,
        'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
        'webhook-signature': new Webhook(signingSecret).sign(id, at, body),
      };
      world.received.push({
        name: clientId,
        at: at.toISOString(),
        method: 'POST',
        headers,
        body,
        status: 200,
      });
    },
  };
}

function newRow(id: string, clientId: string, at: Date): CaseRow {
  return {
    id,
    client_id: clientId,
    client_name: 'Acme Ltd',
    org_email: 'ops@acme.example',
    tier: 'starter',
    callback_url: `http://127.0.0.1/receiver/${clientId}`,
    trace_parent: undefined,
    on_failure: 'rollback',
    step_names: [...stepNames],
    status: 'queued',
    rollback_status: 'none',
    failure: undefined,
    failure_provider_text: undefined,
    flow: 1,
    epoch: 1,
    last_event: 0,
    last_callback: 0,
    created_at: at,
    updated_at: at,
    finished_at: undefined,
  };
}

function newStep(provisioningId: string, direction: 'run' | 'undo', name: string): StepRowDraft {
  return stepRowOf({
    provisioning_id: provisioningId,
    direction,
    position: stepNames.indexOf(name) + 1,
    name,
    status: 'pending',
  });
}
