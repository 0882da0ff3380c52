/** The steps of a stack, in the order in which it is made. A new step is one file and one line here; `docs/adding-a-step.md`. */
import { databaseSchema } from './database-schema.ts';
import { githubRepo } from './github-repo.ts';
import { n8nWebhooks } from './n8n-webhooks.ts';
import type { Step } from './step.ts';
import { supabaseProject } from './supabase-project.ts';
import { vercelDeployment } from './vercel-deployment.ts';

export const steps: readonly Step[] = [
  supabaseProject,
  databaseSchema,
  githubRepo,
  vercelDeployment,
  n8nWebhooks,
];

/** The undo of each step, by its name. */
export function rollbackActions(list: readonly Step[]): ReadonlyMap<string, Step['undo']> {
  return new Map(list.map((step) => [step.name, (context) => step.undo(context)]));
}
