/** The results file of a batch: whole at any moment, so that a batch can go on where it was stopped. */
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { usageError } from '../exit.ts';
import { isMissing, writePrivately } from '../files.ts';

const resultSchema = z.object({
  /** The hash of the row that was sent. */
  hash: z.string(),
  /** Counts the orders of this row: another one is sent after a failure that was undone. */
  attempt: z.int().min(1),
  outcome: z.enum(['under-way', 'succeeded', 'failed', 'needs-attention', 'exists', 'refused']),
  provisioningId: z.string().nullable(),
  /** In words, where it did not succeed. */
  reason: z.string().nullable(),
  result: z.record(z.string(), z.string()),
  at: z.string(),
});
export type Result = z.infer<typeof resultSchema>;

const fileSchema = z.object({ url: z.string(), clients: z.record(z.string(), resultSchema) });

export interface Results {
  find(clientId: string): Result | undefined;
  /** Returns once it is in the file. */
  record(clientId: string, result: Result): Promise<void>;
}

/** Reads what an earlier run has left. Throws a CliError where the file is another server's, or none of ours. */
export async function openResults(path: string, url: string): Promise<Results> {
  const clients = new Map(Object.entries(await readClients(path, url)));
  let written = Promise.resolve();
  return {
    find: (clientId) => clients.get(clientId),
    async record(clientId, result) {
      clients.set(clientId, result);
      // One after the other, so that none is written over by an older one.
      written = written.then(() => {
        const document = { url, clients: Object.fromEntries(clients) };
        return writePrivately(path, `${JSON.stringify(document, undefined, 2)}\n`);
      });
      await written;
    },
  };
}

async function readClients(path: string, url: string): Promise<Record<string, Result>> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (isMissing(error)) return {};
    throw error;
  }
  const parsed = fileSchema.safeParse(parse(text));
  if (!parsed.success)
    throw usageError(`${path} is there and has no results of a batch: name another one with --results.`);
  if (parsed.data.url !== url)
    throw usageError(
      `${path} has the results of ${parsed.data.url}, not of ${url}: name another one with --results.`,
    );
  return parsed.data.clients;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
