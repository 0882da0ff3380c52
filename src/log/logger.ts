/** JSON lines on stdout, with every loaded secret taken out. */
import { pino, type Logger } from 'pino';
import { versionText } from '../version.ts';
import { createScrubber } from './scrubber.ts';

export type { Logger } from 'pino';

export interface LoggerOptions {
  readonly level: string;
  readonly secrets: readonly string[];
  readonly destination?: { write(line: string): unknown };
  /** Another than the product's own. */
  readonly scrubber?: typeof createScrubber;
}

export function createLogger(options: LoggerOptions): Logger {
  const scrub = (options.scrubber ?? createScrubber)(options.secrets);
  const destination = options.destination ?? process.stdout;
  return pino(
    { level: options.level, base: { version: versionText }, timestamp: pino.stdTimeFunctions.isoTime },
    // The whole line: what a field holds, what it is called, and what an error says.
    { write: (line: string) => destination.write(scrub(line)) },
  );
}
