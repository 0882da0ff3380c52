/** What a stack consists of, in the order in which it is made. A new step is one file and one line here. */
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
export const rollbackActions: ReadonlyMap<string, Step['undo']> = new Map(
  steps.map((step) => [step.name, (context) => step.undo(context)]),
);

/** The step of that name in this version of the program. */
export function findStep(name: string): Step | undefined {
  return steps.find((step) => step.name === name);
}
