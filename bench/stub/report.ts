/** The stub's report of the calls that it got since it was last reset. */
import { z } from 'zod';

export const stubReport = z.object({
  calls: z.array(z.object({ verb: z.enum(['look', 'create', 'read', 'delete']), name: z.string() })),
  /** The names of what is there. */
  left: z.array(z.string()),
});
export type StubReport = z.infer<typeof stubReport>;

/** `ageMs`: since it was made; only where one is read. */
export const thing = z.object({ id: z.string(), name: z.string(), ageMs: z.number().optional() });
