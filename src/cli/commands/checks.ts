/** `preflight`, and the checks that other commands show. */
import { preflightShown, type ShownCheck } from '../api/answers.ts';
import { read, type Cli } from '../context.ts';
import { exitCodes, type ExitCode } from '../exit.ts';
import { providersAnswerMs } from '../orders.ts';
import type { Say } from '../say.ts';

/** One line per check; below one that fails, what to do. */
export function describeChecks(say: Say, checks: readonly ShownCheck[]): void {
  for (const { provider, name, ok, detail, fix } of checks) {
    say.line(`${ok ? say.style('green', '✓') : say.style('red', '✗')} ${provider} ${name}: ${detail}`);
    if (!ok && fix != null) say.line(`    ${fix}`);
  }
}

/** Asks a worker whether the providers would let a provisioning through now. */
export async function preflight(cli: Cli): Promise<ExitCode> {
  const api = await cli.api();
  const answer = await api.call({ path: '/api/preflight', answerMs: providersAnswerMs });
  const { ok, checks } = read(preflightShown, answer);
  cli.say.document(answer.body);
  describeChecks(cli.say, checks);
  return ok ? exitCodes.done : exitCodes.failed;
}
