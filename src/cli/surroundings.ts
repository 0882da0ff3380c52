/** The process that a command runs in, handed in by `main.ts`. */
import type { ReadStream, WriteStream } from 'node:tty';

export interface Surroundings {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly stdin: ReadStream;
  /** For results. */
  readonly stdout: WriteStream;
  /** For progress, questions and errors. */
  readonly stderr: WriteStream;
  /** Aborted by SIGINT and SIGTERM. */
  readonly signal: AbortSignal;
}

/** True where a person can be asked: they read and they type. */
export function canAsk({ stdin, stderr }: Surroundings): boolean {
  return stdin.isTTY && stderr.isTTY;
}
