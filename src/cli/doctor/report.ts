/** The lines of `doctor`: what was looked at, whether it holds, and what to do. */
import type { Cli } from '../context.ts';
import { exitCodes, type ExitCode } from '../exit.ts';

export interface Diagnosis {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
  /** What to do about it. */
  readonly fix?: string | undefined;
}

/** Prints the lines as they come in. Exit code 1 where one does not hold. */
export async function reportAll({ say }: Cli, diagnoses: AsyncIterable<Diagnosis>): Promise<ExitCode> {
  const all: Diagnosis[] = [];
  for await (const diagnosis of diagnoses) {
    const { name, ok, detail, fix } = diagnosis;
    all.push(diagnosis);
    say.line(`${ok ? say.style('green', '✓') : say.style('red', '✗')} ${name}: ${detail}`);
    if (!ok && fix !== undefined) say.line(`    ${fix}`);
  }
  const failed = all.filter(({ ok }) => !ok);
  say.document({ ok: failed.length === 0, checks: all });
  say.line(failed.length === 0 ? 'Everything is in order.' : `${failed.length} of ${all.length} failed.`);
  return failed.length === 0 ? exitCodes.done : exitCodes.failed;
}
