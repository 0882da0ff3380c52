import { z } from 'zod';

/** `POST /repos/{owner}/{template}/generate`; unknown fields are ignored. */
export const generateRequest = z.object({
  owner: z.string().optional(),
  name: z.string().min(1).max(100),
  description: z.string().max(350).nullish(),
  include_all_branches: z.boolean().optional(),
  private: z.boolean().optional(),
});

/** `PUT /repos/{owner}/{repo}/topics`. */
export const topicsRequest = z.object({
  names: z.array(
    z
      .string()
      .max(50)
      .regex(/^[a-z0-9][a-z0-9-]*$/),
  ),
});

/** GitHub replaces what a name cannot hold instead of refusing it. */
export function repositoryName(wanted: string): string {
  return wanted.replaceAll(/[^\w.-]+/g, '-');
}
