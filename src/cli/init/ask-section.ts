/** Asks for the values of one section, tries them, and asks again until they hold or the person goes on. */
import { askSecret, askText, askYesNo } from '../ask.ts';
import type { Cli } from '../context.ts';
import type { Surroundings } from '../surroundings.ts';
import { flawOf, tryOut } from './judge.ts';
import type { Section, Variable } from './sections.ts';

const keeps = 'Enter keeps the one there is';
/** Typed in the place of a secret that shall not be there any more. */
const none = '-';
const takesOut = `, ${none} takes it out`;

/** Leaves the answers in `values`. */
export async function askSection(cli: Cli, section: Section, values: Map<string, string>): Promise<void> {
  const { say, surroundings } = cli;
  say.remark(['', section.title, ...section.lines.map((line) => `  ${line}`), ''].join('\n'));
  for (;;) {
    for (const variable of section.variables)
      if (variable.make === undefined) await askVariable(surroundings, variable, values);
    if (await holds(cli, section, values)) return;
    if (await askYesNo(surroundings, 'Go on all the same? (No: type the values of this section again)'))
      return;
  }
}

async function askVariable(
  surroundings: Surroundings,
  variable: Variable,
  values: Map<string, string>,
): Promise<void> {
  const { name, question, isSecret = false, isOptional = false, suggestion } = variable;
  const present = values.get(name);
  const validate = (typed = ''): string | undefined => {
    const value = typed.trim() === '' && isSecret ? (present ?? '') : typed.trim();
    if (isOptional && (value === '' || value === none)) return undefined;
    const flaw = flawOf(name, value) ?? (value === '' ? 'is needed' : undefined);
    return flaw === undefined ? undefined : `${name}: ${flaw}`;
  };
  const label = `${question}  [${name}]`;
  const typed = isSecret
    ? await askSecret(
        surroundings,
        present === undefined ? label : `${label} (${keeps}${isOptional ? takesOut : ''})`,
        validate,
      )
    : await askText(surroundings, label, { initialValue: present ?? suggestion ?? '', validate });
  if (isOptional && typed === none) values.delete(name);
  else if (typed !== '') values.set(name, typed);
  else if (!isSecret) values.delete(name);
}

async function holds({ say, surroundings }: Cli, section: Section, values: Map<string, string>) {
  let isWell = true;
  const environment = Object.fromEntries(values);
  for await (const { name, ok, detail, fix } of tryOut(section, environment, surroundings.signal)) {
    say.remark(`${ok ? '✓' : '✗'} ${name}: ${detail}`);
    if (!ok && fix !== undefined) say.remark(`    ${fix}`);
    isWell &&= ok;
  }
  return isWell;
}
