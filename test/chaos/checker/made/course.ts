/** The course of a provisioning: its steps, its ends, and its undo. */
import type { ProvisioningRow } from '../../../../src/ledger/rows.ts';
import type { WorldDraft } from './draft.ts';
import { stepNames } from './scribe.ts';
import type { Tale } from './story.ts';

export function beginStep(tale: Tale, direction: 'run' | 'undo', step: string): void {
  const row = tale.step(direction, step);
  row.status = 'running';
  row.attempts += 1;
  tale.event(direction === 'run' ? 'step.started' : 'undo.started', { step, attempt: row.attempts });
  row.started_at = tale.clock();
  if (direction === 'run') tale.row.status = 'running';
  else tale.row.rollback_status = 'running';
}

export function endStep(tale: Tale, direction: 'run' | 'undo', step: string): void {
  const row = tale.step(direction, step);
  row.status = 'succeeded';
  row.finished_at = tale.clock();
  tale.event(direction === 'run' ? 'step.succeeded' : 'undo.succeeded', { step });
}

/** Makes the part of a step, and sees that it is there. */
export function doStep(tale: Tale, world: WorldDraft, step: string): void {
  beginStep(tale, 'run', step);
  if (step === 'database-schema') applySchema(tale, world);
  else {
    const part = tale.partFor(step);
    const effect = tale.intend(step, `create ${part.kind}`, 'create', part.name);
    tale.make(part);
    tale.conclude(effect, 'confirmed');
    tale.record(part, effect.id);
    Object.assign(tale.step('run', step).output, part.output);
    if (step === 'vercel-deployment') deploy(tale, world, part.id);
    if (step === 'n8n-webhooks') publish(tale, part.id);
    tale.send({ provider: part.provider, operation: 'read', method: 'GET', path: part.proof });
  }
  endStep(tale, 'run', step);
}

function applySchema(tale: Tale, world: WorldDraft): void {
  const effect = tale.intend('database-schema', 'apply template schema', 'change', 'public');
  const projectId = tale.partFor('supabase-project').id;
  const tables = [{ name: 'notes', isSecured: true }];
  world.projectDatabases?.push({ projectId, tables, appliedBy: [tale.row.id] });
  tale.conclude(effect, 'confirmed');
}

function deploy(tale: Tale, world: WorldDraft, projectId: string): void {
  const name = `client-${tale.row.client_id}-app`;
  const id = projectId.replace('prj', 'dpl');
  const meta = { provisioningMark: `prov-${tale.row.id}-0a1b2c3d` };
  const { at } = tale.change('vercel-deployment', 'deploy to production', name, {
    provider: 'vercel',
    operation: 'createDeployment',
    method: 'POST',
    path: '/v13/deployments?teamId=team_1',
    requestBody: { name, project: projectId, target: 'production', meta },
    effect: 'created',
    objectKind: 'vercel.deployment',
    objectId: id,
  });
  const aliases = [`${name}.vercel.app`];
  const details = {
    projectId,
    target: 'production',
    meta,
    aliases,
    readyState: 'READY',
    isAliasAssigned: true,
  };
  world.objects.push({
    provider: 'vercel',
    kind: 'vercel.deployment',
    id,
    name,
    createdAt: at,
    foreign: false,
    details: { ...details, isBeingRemoved: false },
  });
  const { output } = tale.step('run', 'vercel-deployment');
  Object.assign(output, { vercelDeploymentId: id, vercelDeploymentUrl: `https://${name}.vercel.app` });
  tale.send({
    provider: 'vercel',
    operation: 'getDeployment',
    method: 'GET',
    path: `/v13/deployments/${id}?teamId=team_1`,
  });
}

function publish(tale: Tale, id: string): void {
  tale.change('n8n-webhooks', `publish workflow ${id} (publish)`, id, {
    provider: 'n8n',
    operation: 'publishWorkflow',
    method: 'POST',
    path: `/api/v1/workflows/${id}/publish`,
    requestBody: {},
    objectKind: 'n8n.workflow',
    objectId: id,
  });
}

/** It ends, or rests, in that way. The undo is planned where one follows. */
export function end(tale: Tale, status: 'succeeded' | 'failed' | 'paused' | 'cancelled', by?: string): void {
  const { row } = tale;
  row.status = status;
  if (status === 'succeeded') row.finished_at = tale.clock();
  else if (status !== 'paused') planUndo(tale);
  tale.event(`provisioning.${status}`, by === undefined ? {} : { by });
  tale.callBack(`provisioning.${status}`);
}

export function planUndo(tale: Tale): void {
  tale.row.rollback_status = 'pending';
  tale.row.finished_at = undefined;
  for (const step of stepNames) {
    const run = tale.step('run', step);
    if (run.status === 'pending') run.status = 'skipped';
    else tale.addStep('undo', step);
  }
}

export function failStep(tale: Tale, step: string): void {
  const error = { code: 'provider-rejected', message: 'n8n: answered 400' } as const;
  Object.assign(tale.step('run', step), { status: 'failed', error, finished_at: tale.clock() });
  tale.event('step.failed', { step, error });
  const failure: ProvisioningRow['failure'] = { step, ...error, at: tale.clock().toISOString() };
  tale.row.failure = failure;
}

export function undo(tale: Tale, step: string): void {
  beginStep(tale, 'undo', step);
  if (step !== 'database-schema') tale.destroy(tale.partFor(step));
  endStep(tale, 'undo', step);
}

/** The object stays: whoever asks for its end is refused. */
export function undoInVain(tale: Tale, world: WorldDraft, step: string): void {
  beginStep(tale, 'undo', step);
  const part = tale.partFor(step);
  const effect = tale.intend(step, `delete ${part.kind} ${part.id}`, 'delete', part.id);
  tale.send({ provider: part.provider, method: 'DELETE', ...part.deletion, status: 403 });
  tale.conclude(effect, 'refused');
  const error = {
    code: 'credentials-rejected',
    message: 'github: DELETE /repos/{owner}/{repo} answered 403',
  } as const;
  for (const resource of world.ledger.resources)
    if (resource.external_id === part.id)
      Object.assign(resource, { state: 'delete-failed', error: error.message });
  Object.assign(tale.step('undo', step), { status: 'failed', error, finished_at: tale.clock() });
  tale.event('undo.failed', { step, error });
}

export function endRollback(tale: Tale, outcome: 'completed' | 'incomplete'): void {
  tale.row.rollback_status = outcome;
  tale.row.finished_at = tale.clock();
  tale.event(`rollback.${outcome}`);
  tale.callBack(outcome === 'completed' ? 'provisioning.rolled_back' : 'provisioning.rollback_incomplete');
}
