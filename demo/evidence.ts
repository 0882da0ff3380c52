/** What is really there, asked of the providers' side and not of the provisioner. */
import { setTimeout as delay } from 'node:timers/promises';
import { openPool } from '../src/ledger/pool.ts';
import type { SandboxObject } from '../sandbox/control/objects.ts';
import type { JournalEntry } from '../sandbox/journal.ts';
import type { Shown } from './api.ts';
import { checkCallbacks, type CheckedCallback } from './callbacks.ts';
import type { DemoStack } from './stack.ts';

export interface Tables {
  readonly count: number;
  /** Without row-level security. */
  readonly unsecured: number;
}

export interface Evidence {
  /** The provisioning as the API shows it at its end. */
  readonly shown: Shown;
  readonly objects: readonly SandboxObject[];
  readonly journal: readonly JournalEntry[];
  /** Tables in the schema `public` of the client's database; undefined when there is no database. */
  readonly tables: Tables | undefined;
  /** The sample, and not a schema of the user's own, about whose tables the demo knows nothing. */
  readonly isSampleSchema: boolean;
  readonly callbacks: readonly CheckedCallback[];
}

const callbackTimeoutMs = 10_000;

/** Waits for the callbacks, which follow the end, and then looks at everything. */
export async function gatherEvidence(
  stack: DemoStack,
  shown: Shown,
  options: { receiver: string; callbackCount: number; signal: AbortSignal },
): Promise<Evidence> {
  const { control } = stack.sandbox;
  const deadline = performance.now() + callbackTimeoutMs;
  const received = () => control.receivedCallbacks(options.receiver);
  while (received().length < options.callbackCount && performance.now() < deadline)
    await delay(50, undefined, { signal: options.signal });
  const objects = control.objects();
  return {
    shown,
    objects,
    journal: control.journal(),
    tables: await countTables(stack.postgresUrl, objects),
    isSampleSchema: stack.isSampleSchema,
    callbacks: checkCallbacks(received(), stack.signingSecret),
  };
}

async function countTables(
  postgresUrl: string,
  objects: readonly SandboxObject[],
): Promise<Tables | undefined> {
  const database = objects.find(({ kind }) => kind === 'supabase.project')?.details['database'];
  if (typeof database !== 'string') return undefined;
  const url = new URL(postgresUrl);
  url.pathname = `/${database}`;
  const pool = openPool({ url: url.href, max: 1, onError: () => {} });
  try {
    const { rows } = await pool.query<Tables>(
      `select count(*)::int as count, (count(*) filter (where not relrowsecurity))::int as unsecured
       from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')`,
    );
    return rows[0];
  } finally {
    await pool.end();
  }
}
