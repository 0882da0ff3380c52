/** A provisioning as the API shows it, for the pure parts of the demo. */
import type { Shown } from '../../demo/api.ts';

const names = ['supabase-project', 'database-schema', 'github-repo', 'vercel-deployment', 'n8n-webhooks'];

export type StepFacts = Partial<Shown['steps'][number]>;

/** Statuses are given in the order of the steps. */
export function shownWith(facts: Partial<Shown> & { stepFacts?: StepFacts[] }): Shown {
  const { stepFacts = [], ...rest } = facts;
  return {
    id: '00000000-0000-4000-8000-000000000000',
    clientId: 'acme',
    status: 'running',
    rollback: { status: 'none' },
    done: false,
    steps: names.map((name, index) => ({ name, status: 'pending', ...stepFacts[index] })),
    resources: [],
    result: {},
    warnings: [],
    failure: null,
    ...rest,
  };
}

export function resource(
  kind: string,
  state: string,
  externalId = `id of ${kind}`,
): Shown['resources'][number] {
  return { kind, state, externalId, name: `name of ${kind}`, url: `https://example.com/${kind}` };
}
