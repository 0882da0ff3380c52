/** The services' log goes to a file: the terminal belongs to the progress view. */
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';

export interface LogFile {
  write(line: string): void;
  close(): Promise<void>;
}

/** Begins the file anew. What is written after `close` is dropped. */
export function openLogFile(path: string): LogFile {
  const stream = createWriteStream(path, { mode: 0o600 });
  let isOpen = true;
  // A full disk must not end the demo.
  stream.on('error', () => (isOpen = false));
  return {
    write(line) {
      if (isOpen) stream.write(line);
    },
    async close() {
      if (!isOpen) return;
      isOpen = false;
      stream.end();
      await once(stream, 'close');
    },
  };
}
