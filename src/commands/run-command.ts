/** The life of a command: it does one thing, or says in a sentence why not. */
import { inspect } from 'node:util';
import { ConfigurationError, ProviderError } from '../errors.ts';
import { isDatabaseAway } from '../ledger/pool.ts';

/** Arguments that cannot be read. The message is for the person who typed them. */
export class UsageError extends ConfigurationError {}

/** After that long an interrupted command is cut short. What matters is committed at any time. */
const stopWithinMs = 5000;

/**
 * Runs a command and sets the exit code: 0 where `run` returns true, 2 after a UsageError, else 1.
 *
 * SIGINT and SIGTERM abort the signal, and end the process soon after. What cannot be the person's to fix is printed
 * with its stack.
 */
export async function runCommand(run: (signal: AbortSignal) => Promise<boolean>): Promise<void> {
  const stopping = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const)
    process.once(name, () => {
      stopping.abort();
      setTimeout(() => process.exit(1), stopWithinMs).unref();
    });
  try {
    process.exitCode = (await run(stopping.signal)) ? 0 : 1;
  } catch (error) {
    if (!(stopping.signal.aborted && isAbort(error))) process.stderr.write(`${explain(error)}\n`);
    process.exitCode = error instanceof UsageError ? 2 : 1;
  }
  // Whatever still holds the event loop (a socket that lingers, say) must not keep a finished process alive.
  setTimeout(() => process.exit(), 1000).unref();
}

function isAbort(error: unknown): boolean {
  return error instanceof Error && (error.name === 'AbortError' || isAbort(error.cause));
}

function explain(error: unknown): string {
  if (error instanceof ConfigurationError || error instanceof ProviderError) return error.message;
  if (!isDatabaseAway(error) || isOfStatement(error)) return inspect(error);
  return `The database cannot be reached (${reasonOf(error)}): is DATABASE_URL right?`;
}

/** A server that is there has refused a statement: a full disk, say. One that starts or stops (57P…) is not there. */
function isOfStatement(error: unknown): boolean {
  if (!(error instanceof Error && 'severity' in error && 'code' in error)) return false;
  return !String(error.code).startsWith('57P');
}

/** A host of several addresses has one error for each. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join(', ');
  return error instanceof Error ? error.message : String(error);
}
