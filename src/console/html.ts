/** HTML as tagged templates: every value is escaped, but for what another template has made. */
import { html, raw } from 'hono/html';

export { html, raw };
export type Html = ReturnType<typeof html>;
/** Something that a template takes: text is escaped, and nothing is left out. */
export type Content = Html | string | number | undefined | readonly Content[];
