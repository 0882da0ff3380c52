/** A deliberate bug, as its patch file describes it. */

export interface Mutant {
  /** `07-swallowed-activation-failure`: the file's name. */
  readonly name: string;
  /** The bug, in one sentence. */
  readonly what: string;
  /** The invariants of which at least one must be reported. */
  readonly expect: readonly string[];
  /** Options of `npm run chaos` that make its world come soon. They narrow what is drawn, not what is checked. */
  readonly focus: readonly string[];
  /** The files that it changes. */
  readonly paths: readonly string[];
  /** How many lines it takes out, or puts in: whichever is more. */
  readonly lines: number;
}

/** Reads the head (`# what`, `# expect: …`, `# focus: …`) and the size of a patch. Pure. */
export function parseMutant(name: string, text: string): Mutant {
  const lines = text.split('\n');
  const start = lines.findIndex((line) => line.startsWith('diff '));
  const head = lines.slice(0, start).map((line) => line.replace(/^# ?/, ''));
  const diff = lines.slice(start);
  const field = (key: string) =>
    head
      .filter((line) => line.startsWith(`${key}: `))
      .map((line) => line.slice(key.length + 2))
      .join(' ');
  const count = (pattern: RegExp) => diff.filter((line) => pattern.test(line)).length;
  return {
    name,
    what: head.filter((line) => !/^(expect|focus): /.test(line)).join(' '),
    expect: field('expect')
      .split(',')
      .map((one) => one.trim())
      .filter((one) => one !== ''),
    focus: splitWords(field('focus')),
    paths: diff.filter((line) => line.startsWith('+++ ')).map((line) => line.replace('+++ b/', '')),
    lines: Math.max(count(/^\+(?!\+\+ )/), count(/^-(?!-- )/)),
  };
}

/** As a shell would, for words and words in double quotes. */
function splitWords(text: string): string[] {
  return [...text.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');
}
