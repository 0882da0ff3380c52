/** An SQL error as psql prints it, and as the Management API's query endpoint passes it on. Pure. */
import type { StatedError } from './statement-error.ts';

/** Undefined: there is none in it. */
export function readPrintedError(text: string): StatedError | undefined {
  const head = /(?:ERROR|FATAL|PANIC):\s+(\w{5}):\s+([^]*)/.exec(text);
  if (head === null) return undefined;
  const [, code = '', rest = ''] = head;
  const parts = rest.split(/^(LINE \d+|DETAIL|HINT|QUERY|CONTEXT):\s+/m);
  const part = (label: string) => {
    const at = parts.indexOf(label, 1);
    return at === -1 ? undefined : parts[at + 1]?.trimEnd();
  };
  return {
    code,
    message: (parts[0] ?? '').trimEnd(),
    detail: part('DETAIL'),
    hint: part('HINT'),
    where: part('CONTEXT'),
  };
}
