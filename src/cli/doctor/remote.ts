/** `doctor`: asks the API how it is, from wherever the person is. */
import { preflightShown, readyShown, summaryShown } from '../api/answers.ts';
import type { Api } from '../api/client.ts';
import { healthOf } from '../commands/status.ts';
import { read } from '../context.ts';
import { providersAnswerMs } from '../orders.ts';
import { CliError, exitCodes } from '../exit.ts';
import type { Diagnosis } from './report.ts';

/** Throws a CliError where the API cannot be reached or the key does not count: then there is nobody to ask. */
export async function* askApi(api: Api): AsyncGenerator<Diagnosis> {
  const ready = await api.call({ path: '/readyz', alsoFine: [503] });
  const { away = [] } = read(readyShown, ready);
  yield {
    name: 'server',
    ok: ready.status === 200,
    detail: ready.status === 200 ? `${api.url} is ready` : `away: ${away.join(', ')}`,
    fix: 'Nothing is lost: start what is away, or run "doctor --local" on the server.',
  };
  if (away.includes('database')) return;
  const summary = await api.call({ path: '/api/summary', alsoFine: [404] });
  if (summary.status === 200) {
    const { health } = read(summaryShown, summary);
    // The summary tells how the providers were; a worker is asked below how they are.
    for (const { ok, words } of healthOf({ ...health, providers: [] }))
      yield { name: 'service', ok, detail: words, fix: 'Run "doctor --local" on the server.' };
  }
  yield* askWorker(api);
}

async function* askWorker(api: Api): AsyncGenerator<Diagnosis> {
  try {
    const answer = await api.call({ path: '/api/preflight', answerMs: providersAnswerMs });
    for (const { provider, name, ok, detail, fix } of read(preflightShown, answer).checks)
      yield { name: `${provider} ${name}`, ok, detail, fix: fix ?? undefined };
  } catch (error) {
    const isFinding =
      error instanceof CliError &&
      (error.exitCode === exitCodes.away || error.exitCode === exitCodes.notAllowed);
    if (!isFinding) throw error;
    yield { name: 'providers', ok: false, detail: error.message };
  }
}
