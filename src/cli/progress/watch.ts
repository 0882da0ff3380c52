/** Shows a provisioning until it rests: drawn on a terminal, else one line per change, or JSON for programs. */
import type { ShownProvisioning } from '../api/answers.ts';
import type { Api } from '../api/client.ts';
import type { Found } from '../clients.ts';
import type { Cli } from '../context.ts';
import { changesSince } from './changes.ts';
import { follow, type Glimpse } from './follow.ts';
import { lookAtStep, lookAtUndo, stepsToUndo } from './look.ts';

/** Returns the provisioning at rest. With `--json` each event is a line of stdout, and the last line is that. */
export async function watchProvisioning(cli: Cli, api: Api, id: string): Promise<Found> {
  const { say, surroundings } = cli;
  const glimpses = follow(api, id, { signal: surroundings.signal });
  const { isTTY: isTerminal } = surroundings.stderr;
  const isDrawn = isTerminal && !say.isJson && surroundings.environment['TERM'] !== 'dumb';
  const last = isDrawn ? await drawAll(glimpses, cli) : await tellAll(glimpses, cli);
  say.documentLine({ provisioning: last.answer.body });
  return last;
}

async function tellAll(glimpses: AsyncGenerator<Glimpse>, { say }: Cli): Promise<Found> {
  let last: Glimpse | undefined;
  for await (const glimpse of glimpses) {
    for (const event of glimpse.events) say.documentLine({ event });
    if (!say.isJson) for (const line of changesSince(last?.shown, glimpse.shown)) say.remark(line);
    last = glimpse;
  }
  return present(last);
}

async function drawAll(glimpses: AsyncGenerator<Glimpse>, { surroundings, say }: Cli): Promise<Found> {
  // Loaded here: commands that draw nothing start sooner without it.
  const { watch } = await import('./draw.ts');
  const first = await glimpses.next();
  let last: Glimpse = present(first.done === true ? undefined : first.value);
  let failure: Error | undefined;
  const following = (async () => {
    for await (const glimpse of glimpses) last = glimpse;
  })().catch((error: unknown) => {
    failure = error instanceof Error ? error : new Error('it could not be followed', { cause: error });
  });
  const latest = (): ShownProvisioning => {
    if (failure !== undefined) throw failure;
    return last.shown;
  };
  const view = { isTerminal: true, stream: surroundings.stderr, signal: surroundings.signal };
  const isWell = await watch(
    latest().steps.map(({ name }) => ({
      title: name,
      look: async () => lookAtStep(latest(), name, Date.now()),
    })),
    view,
  );
  if (!isWell && latest().status !== 'paused') {
    say.remark('\nUndoing, the last step first');
    const undos = stepsToUndo(latest()).map((name) => ({
      title: name,
      look: async () => lookAtUndo(latest(), name),
    }));
    await watch(undos, view);
  }
  await following;
  latest();
  return last;
}

function present(glimpse: Glimpse | undefined): Glimpse {
  if (glimpse === undefined) throw new Error('a provisioning that is followed shows itself at least once');
  return glimpse;
}
