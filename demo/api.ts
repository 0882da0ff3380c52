/** The API as any caller uses it, over HTTP. */
import { z } from 'zod';
import { provisioningStatuses, rollbackStatuses } from '../src/provisioning.ts';

const shownProvisioning = z.object({
  id: z.string(),
  clientId: z.string(),
  status: z.enum(provisioningStatuses),
  rollback: z.object({ status: z.enum(rollbackStatuses) }),
  done: z.boolean(),
  steps: z.array(
    z.object({
      name: z.string(),
      status: z.string(),
      startedAt: z.string().nullish(),
      finishedAt: z.string().nullish(),
      waitingFor: z.string().nullish(),
      waiting: z.object({ for: z.string(), since: z.string(), until: z.string().nullable() }).nullish(),
      error: z.object({ code: z.string(), message: z.string() }).nullish(),
    }),
  ),
  resources: z.array(
    z.object({
      kind: z.string(),
      externalId: z.string().nullable(),
      name: z.string(),
      url: z.string().nullish(),
      state: z.string(),
    }),
  ),
  result: z.record(z.string(), z.string()),
  warnings: z.array(z.object({ step: z.string(), code: z.string(), message: z.string() })),
  failure: z.object({ step: z.string(), code: z.string(), message: z.string() }).nullable(),
});

/** What the demo reads of a provisioning. */
export type Shown = z.infer<typeof shownProvisioning>;

export interface Api {
  isReady(): Promise<boolean>;
  provision(order: Readonly<Record<string, string>>): Promise<Shown>;
  show(id: string): Promise<Shown>;
}

const timeoutMs = 10_000;

export function openApi(url: string, adminKey: string): Api {
  async function call(path: string, expected: number, init: RequestInit = {}): Promise<Shown> {
    const response = await fetch(`${url}/api/provisioning${path}`, {
      ...init,
      signal: AbortSignal.timeout(timeoutMs),
      headers: { authorization: `Bearer ${adminKey}`, 'content-type': 'application/json' },
    });
    const body: unknown = await response.json();
    if (response.status === expected) return shownProvisioning.parse(body);
    throw new Error(
      `the API answered ${response.status} to ${init.method ?? 'GET'} /api/provisioning${path}`,
    );
  }
  return {
    isReady: async () => (await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(timeoutMs) })).ok,
    provision: (order) => call('', 202, { method: 'POST', body: JSON.stringify(order) }),
    show: (id) => call(`/${id}`, 200),
  };
}
