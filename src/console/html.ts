/** HTML as tagged templates: every value is escaped, but for what another template has made. */
import { html as template, raw } from 'hono/html';
import type { HtmlEscapedString } from 'hono/utils/html';

export { raw };
export type Html = HtmlEscapedString;
/** Something that a template takes: text is escaped, and nothing is left out. */
export type Content = Html | string | number | undefined | readonly Content[];

export function html(strings: TemplateStringsArray, ...values: readonly Content[]): Html {
  const made = template(strings, ...values);
  // Only where a value is a promise, which the types rule out.
  if (made instanceof Promise) throw new TypeError('a template was given a promise');
  return made;
}

/** The page as it is sent. */
export function toText(page: Html): string {
  return String(page);
}
