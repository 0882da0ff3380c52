/** The words and silhouettes of every state. Pure. */
import type { ClientState, ProvisioningStatus, ResourceState, RollbackStatus } from '../../provisioning.ts';
import type { Sign } from './glyph.ts';

export const statusSigns: Readonly<Record<ProvisioningStatus, Sign>> = {
  queued: { glyph: 'queued', tone: 'accent', word: 'Queued' },
  running: { glyph: 'running', tone: 'accent', word: 'Running' },
  paused: { glyph: 'paused', tone: 'needed', word: 'Paused' },
  succeeded: { glyph: 'done', tone: 'good', word: 'Succeeded' },
  failed: { glyph: 'failed', tone: 'failed', word: 'Failed' },
  cancelled: { glyph: 'cancelled', tone: 'quiet', word: 'Cancelled' },
};

export const rollbackSigns: Readonly<Record<RollbackStatus, Sign>> = {
  none: { glyph: 'none', tone: 'quiet', word: 'None' },
  pending: { glyph: 'willUndo', tone: 'quiet', word: 'Pending' },
  running: { glyph: 'undoing', tone: 'accent', word: 'Running' },
  completed: { glyph: 'undone', tone: 'quiet', word: 'Completed' },
  incomplete: { glyph: 'incomplete', tone: 'needed', word: 'Incomplete' },
};

export const stateSigns: Readonly<Record<ClientState, Sign>> = {
  attention: { glyph: 'incomplete', tone: 'needed', word: 'Needs somebody' },
  'in-progress': { glyph: 'running', tone: 'accent', word: 'In progress' },
  live: { glyph: 'done', tone: 'good', word: 'Live' },
  failed: { glyph: 'failed', tone: 'failed', word: 'Failed' },
  offboarded: { glyph: 'undone', tone: 'quiet', word: 'Offboarded' },
};

/** The sign of a client in a list: the silhouette tells a little more than the word. */
export function stateSign(state: ClientState, status: ProvisioningStatus, rollback: RollbackStatus): Sign {
  const of = stateSigns[state];
  if (state === 'attention' && status === 'paused') return { ...of, glyph: 'paused' };
  if (state === 'in-progress' && rollback !== 'none') return { ...of, glyph: 'undoing' };
  if (state === 'in-progress' && status === 'queued') return { ...of, glyph: 'queued' };
  if (state === 'failed' && status === 'cancelled') return { ...of, glyph: 'cancelled', tone: 'quiet' };
  return of;
}

const resourceSigns: Readonly<Record<ResourceState, Sign>> = {
  intended: { glyph: 'queued', tone: 'accent', word: 'Intended' },
  unknown: { glyph: 'waiting', tone: 'accent', word: 'Unknown' },
  live: { glyph: 'done', tone: 'good', word: 'Live' },
  deleting: { glyph: 'undoing', tone: 'accent', word: 'Deleting' },
  deleted: { glyph: 'undone', tone: 'quiet', word: 'Deleted' },
  'delete-failed': { glyph: 'incomplete', tone: 'needed', word: 'Delete failed' },
  forgotten: { glyph: 'none', tone: 'quiet', word: 'Forgotten' },
};

export function resourceSign(state: ResourceState, rollback: RollbackStatus): Sign {
  if (state === 'unknown' && rollback === 'incomplete')
    return { glyph: 'unknown', tone: 'needed', word: 'Unknown' };
  return resourceSigns[state];
}

const stepSigns: Readonly<Record<string, Sign>> = {
  pending: { glyph: 'pending', tone: 'quiet', word: 'Pending' },
  running: { glyph: 'running', tone: 'accent', word: 'Running' },
  waiting: { glyph: 'waiting', tone: 'accent', word: 'Waiting' },
  succeeded: { glyph: 'done', tone: 'good', word: 'Succeeded' },
  failed: { glyph: 'failed', tone: 'failed', word: 'Failed' },
  skipped: { glyph: 'skipped', tone: 'quiet', word: 'Skipped' },
  // What the run has done stays as it was; the undo lane says what became of it.
  undone: { glyph: 'done', tone: 'good', word: 'Succeeded' },
  'undo-failed': { glyph: 'done', tone: 'good', word: 'Succeeded' },
};

export function stepSign(status: string): Sign {
  return stepSigns[status] ?? { glyph: 'none', tone: 'quiet', word: status };
}

export const callbackSigns = {
  pending: { glyph: 'waiting', tone: 'accent', word: 'pending' },
  delivered: { glyph: 'done', tone: 'good', word: 'delivered' },
  failed: { glyph: 'incomplete', tone: 'needed', word: 'given up' },
  stopped: { glyph: 'none', tone: 'quiet', word: 'stopped' },
} as const;

const providerNames: Readonly<Record<string, string>> = {
  supabase: 'Supabase',
  github: 'GitHub',
  vercel: 'Vercel',
  n8n: 'n8n',
};

export function providerName(provider: string): string {
  return providerNames[provider] ?? provider;
}

/** `github.repository` is a `GitHub repository`. */
export function nounOf(kind: string): string {
  const [provider = '', ...rest] = kind.split('.');
  return `${providerName(provider)} ${rest.join(' ').replaceAll('-', ' ')}`.trim();
}

/** The same without the provider: what a `github.repository` is there. */
export function shortNounOf(kind: string): string {
  return kind.split('.').slice(1).join(' ').replaceAll('-', ' ');
}
