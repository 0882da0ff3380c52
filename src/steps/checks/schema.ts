/** Checks that the template schema is there and can be applied, as far as that can be said without a database. */
import { TemplateFlawed } from '../../schema/flaws.ts';
import { readTemplate } from '../../schema/read-template.ts';
import type { Template } from '../../schema/template.ts';
import { fails, holds, type Check, type Finding, type ReadOnly } from '../check.ts';

interface Providers {
  readonly settings: { readonly SCHEMA_PATH: string };
}

export const schemaChecks: readonly Check<ReadOnly<Providers>>[] = [
  {
    provider: 'schema',
    name: 'template',
    async look({ settings }) {
      try {
        return holds(describeTemplate(await readTemplate(settings.SCHEMA_PATH)));
      } catch (error) {
        if (error instanceof TemplateFlawed) return tellFlaws(error);
        throw error;
      }
    },
  },
];

/** The files in their order, and what is left out. */
function describeTemplate({ files, leftOut, checksum }: Template): string {
  const names = files.map(({ name }) => name);
  const others = leftOut.map(({ name, reason }) => `${name} (${reason})`);
  const applied = `${files.length} SQL ${files.length === 1 ? 'file' : 'files'}, checksum ${checksum.slice(0, 12)}`;
  return [`${applied}: ${list(names)}`, ...(others.length > 0 ? [`left out: ${list(others)}`] : [])].join(
    '; ',
  );
}

const mostNames = 50;

function list(names: readonly string[]): string {
  const more = names.length > mostNames ? [`and ${names.length - mostNames} more`] : [];
  return [...names.slice(0, mostNames), ...more].join(', ');
}

/** A person fixes one after the other: the first is told whole. */
function tellFlaws({ flaws }: TemplateFlawed): Finding {
  const [first, ...others] = flaws;
  if (first === undefined) return fails('the template has a flaw', 'Fix it.');
  const { file, place, what, fix } = first;
  const more = others.slice(0, 5).map((flaw) => `${flaw.file}, line ${flaw.place.line}: ${flaw.what}`);
  const rest = others.length > more.length ? [`and ${others.length - more.length} more`] : [];
  return fails(
    [`${file}, line ${place.line}, column ${place.column}: ${what}`, ...more, ...rest].join('; '),
    fix,
  );
}
