/** The messages of a process of the benchmark to the one that has started it. */
import { z } from 'zod';

export const childMessage = z.discriminatedUnion('is', [
  /** `url`: where it listens, if it does. */
  z.object({ is: z.literal('ready'), url: z.string() }),
  /** The queries that it has sent to PostgreSQL since it began. */
  z.object({ is: z.literal('queries'), count: z.number() }),
]);
export type ChildMessage = z.infer<typeof childMessage>;
