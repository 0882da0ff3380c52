/** Text as constants of SQL. */

/** In dollar quotes, as it is: with a tag that does not occur in it, and a line break that keeps the two apart. */
export function quoted(text: string): string {
  let number = 0;
  while (text.includes(`$cp${number}`)) number += 1;
  return `$cp${number}$${text}\n$cp${number}$`;
}

/** In single quotes, for a session with `standard_conforming_strings`, which is PostgreSQL's default. */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

export function textArray(texts: readonly string[]): string {
  return `array[${texts.map(literal).join(', ')}]::text[]`;
}
