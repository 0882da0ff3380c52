/** Writes values into the text of an `.env` file: each at the place where the example explains it. Pure. */
import { parseEnv } from 'node:util';

/** `NAME=value`, or the same as a comment that shows a default. */
const assignment = /^(?:# ?)?([A-Z][A-Z0-9_]*)=/;

/** The names that a template explains. */
export function namesIn(template: string): string[] {
  return template.split('\n').flatMap((line) => assignment.exec(line)?.[1] ?? []);
}

/** The template with the values in it. What it does not name comes at the end, and what has no value stays as it is. */
export function fillIn(template: string, values: ReadonlyMap<string, string>): string {
  const left = new Map(values);
  const lines = template.split('\n').map((line) => {
    const name = assignment.exec(line)?.[1] ?? '';
    const value = left.get(name);
    if (value === undefined) return line;
    left.delete(name);
    return `${name}=${quoted(value)}`;
  });
  const others = [...left].map(([name, value]) => `${name}=${quoted(value)}`);
  const text = [...lines, ...others].join('\n');
  return text.endsWith('\n') ? text : `${text}\n`;
}

/** As it is, unless Node or docker compose would read it as something else. */
function quoted(value: string): string {
  if (/^[\w./:@%+=,?&~-]*$/.test(value)) return value;
  const quote = ["'", '"', '`'].find((mark) => parseEnv(`A=${mark}${value}${mark}`)['A'] === value);
  if (quote === undefined) throw new Error('no file of variables can hold this value');
  return `${quote}${value}${quote}`;
}
