/** A world in the making: the same as a world, and everything in it may be changed. */
import type { World } from '../../world.ts';

type Draft<T> = T extends Date
  ? Date
  : T extends readonly (infer Item)[]
    ? Draft<Item>[]
    : T extends object
      ? { -readonly [Key in keyof T]: Draft<T[Key]> }
      : T;

export type WorldDraft = Draft<World>;
export type CaseRow = WorldDraft['ledger']['provisionings'][number];
export type Entry = WorldDraft['journal'][number];
export type StepRowDraft = WorldDraft['ledger']['steps'][number];
export type EffectRowDraft = WorldDraft['ledger']['effects'][number];

export const signingSecret = `whsec_${Buffer.from('a secret of thirty-two bytes ...').toString('base64')}`;

export function emptyWorld(): WorldDraft {
  return {
    isQuiescent: true,
    unrest: '',
    requests: [],
    objects: [],
    strangers: [],
    journal: [],
    ledger: {
      provisionings: [],
      steps: [],
      effects: [],
      resources: [],
      events: [],
      callbacks: [],
      attempts: [],
    },
    outages: [],
    impaired: [],
    templateTables: ['notes'],
    projectDatabases: [],
    received: [],
    signingSecret,
    sinks: [{ name: 'log of worker 0', text: '{"level":30,"msg":"worker ready"}\n' }],
    secrets: [
      { name: 'the admin key', value: 'admin-key-of-the-test"quoted"' },
      { name: 'the signing secret', value: signingSecret },
    ],
    limits: { maxAttempts: 4, readyTimeoutMs: 20_000, pollBaseMs: 40 },
  };
}

/** The first that fits; there must be one. */
export function pick<T>(items: readonly T[], isIt: (item: T) => boolean = () => true): T {
  const found = items.find(isIt);
  if (found === undefined) throw new Error('the made world has nothing of that kind');
  return found;
}

export function remove<T>(items: T[], isIt: (item: T) => boolean): void {
  items.splice(0, items.length, ...items.filter((item) => !isIt(item)));
}
