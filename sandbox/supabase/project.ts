import { signToken } from '../credentials.ts';
import { randomAlphanumeric, randomHex } from '../random.ts';
import type { StoredObject } from '../store.ts';
import type { SandboxTiming } from '../timing.ts';
import type { DatabaseNames } from './cluster.ts';

/** One API key of a project. */
export interface ApiKey {
  id: string;
  name: string;
  type: 'legacy' | 'publishable' | 'secret';
  value: string;
  description: string | null;
  createdAt: number;
}

/** A Supabase project; its id is the ref. */
export interface SupabaseProject extends StoredObject {
  region: string;
  /** Needed to run queries as the project's own role. */
  password: string;
  names: DatabaseNames;
  database: 'building' | 'ready' | 'failed';
  /** Settles when the database is built, never rejects. */
  built: Promise<void>;
  keys: ApiKey[];
}

/** The statuses that the sandbox uses, of the sixteen there are. */
export type ProjectStatus = 'UNKNOWN' | 'COMING_UP' | 'ACTIVE_HEALTHY' | 'INIT_FAILED' | 'GOING_DOWN';

/** What a project's status is at a moment. */
export function statusOf(project: SupabaseProject, timing: SandboxTiming, now: number): ProjectStatus {
  if (project.removedAt !== undefined) return 'GOING_DOWN';
  if (project.database === 'failed') return 'INIT_FAILED';
  const age = now - project.createdAt;
  if (age >= timing.projectHealthyAfterMs && project.database === 'ready') return 'ACTIVE_HEALTHY';
  return age < timing.projectHealthyAfterMs / 5 ? 'UNKNOWN' : 'COMING_UP';
}

/** Keys answer a while after the project says that it is healthy. */
export function hasKeys(project: SupabaseProject, timing: SandboxTiming, now: number): boolean {
  return (
    statusOf(project, timing, now) === 'ACTIVE_HEALTHY' &&
    now - project.createdAt >= timing.projectHealthyAfterMs + timing.keysAfterMs
  );
}

/** A project can be deleted only some time after its creation. */
export function isDeletable(project: SupabaseProject, timing: SandboxTiming, now: number): boolean {
  return project.database !== 'building' && now - project.createdAt >= timing.projectDeletableAfterMs;
}

const fourYears = 4 * 365 * 24 * 3600;

/** The keys that every project has: two legacy tokens and, unless left out, a publishable and a secret one. */
export function initialKeys(ref: string, legacyOnly: boolean, now: number): ApiKey[] {
  const secret = randomHex(64);
  const issuedAt = Math.floor(now / 1000);
  const legacy = ['anon', 'service_role'].map((role): ApiKey => ({
    id: role,
    name: role,
    type: 'legacy',
    value: signToken({ iss: 'supabase', ref, role, iat: issuedAt, exp: issuedAt + fourYears }, secret),
    description: null,
    createdAt: now,
  }));
  return legacyOnly
    ? legacy
    : [...legacy, newKey('publishable', 'default', now), newKey('secret', 'default', now)];
}

/** A fresh key of the new kinds. */
export function newKey(
  type: 'publishable' | 'secret',
  name: string,
  now: number,
  description: string | null = null,
): ApiKey {
  const value = `sb_${type}_${randomAlphanumeric(22)}_${randomAlphanumeric(8)}`;
  return { id: crypto.randomUUID(), name, type, value, description, createdAt: now };
}
