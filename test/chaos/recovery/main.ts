/**
 * `npm run chaos:recovery`: kills the worker that is busy, at the product's default settings, and measures how long it
 * takes until its work goes on elsewhere: until a provider gets the next request.
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startOwnPostgresIn } from '../../helpers/services/postgres.ts';
import { makeServerFolder } from '../../helpers/services/server-folder.ts';
import { backends, type Backend } from '../../helpers/stack.ts';
import { until } from '../../helpers/until.ts';
import { startArena, type Arena } from '../arena.ts';
import { emptyLedger, emptyQueue } from '../disturb.ts';
import { killAt, postOrder, untilItHangs } from '../one-order.ts';

/** What hangs when the worker is killed: nothing in doubt, or a create that was acted on; or nothing at all. */
const calls = {
  'in a read': { provider: 'github', operation: 'listBranches', mode: 'hang-before' },
  'in a create': { provider: 'github', operation: 'generateRepository', mode: 'hang-after' },
  'between two steps': undefined,
} as const;

const { values } = parseArgs({ options: { kills: { type: 'string', default: '20' } } });
const kills = Number(values.kills);

const directory = await makeServerFolder();
const providers = await startOwnPostgresIn(join(directory, 'providers'));
for (const backend of backends) {
  // Nothing but the defaults.
  const arena = await startArena(backend, join(directory, backend), providers.url, {});
  for (const what of ['in a read', 'in a create', 'between two steps'] as const) {
    const tookMs: number[] = [];
    for (let kill = 0; kill < kills; kill += 1) tookMs.push(await measure(arena, backend, what, kill));
    const sorted = tookMs.toSorted((a, b) => a - b);
    const at = (share: number) => Math.round(sorted[Math.floor((sorted.length - 1) * share)] ?? NaN);
    console.log(
      `${backend}, killed ${what}: ${kills} kills, median ${at(0.5)} ms, longest ${at(1)} ms, shortest ${at(0)} ms`,
    );
  }
  await arena.stop();
}
await providers.remove();
await rm(directory, { recursive: true, force: true, maxRetries: 5 });

async function measure(
  arena: Arena,
  backend: Backend,
  what: keyof typeof calls,
  kill: number,
): Promise<number> {
  const { control } = arena.sandbox;
  await arena.heal();
  await emptyLedger(arena);
  await emptyQueue(arena);
  await control.reset();
  const call = calls[what];
  // The one that is killed comes back later than the other takes over.
  arena.restartAfterMs = 5000;
  const killed = call === undefined ? killAt(arena, 'step-recorded') : undefined;
  if (call !== undefined) control.addFault({ ...call, times: 1 });
  await postOrder(arena, `recovery-${backend}-${kill}`);
  const killedAt = await (killed ?? killWhatHangs(arena));
  const before = control.journal().length;
  await until(() => control.journal().length > before || undefined, 'the work to go on', 120_000);
  return performance.now() - killedAt;
}

async function killWhatHangs(arena: Arena): Promise<number> {
  const { child } = arena.slots[await untilItHangs(arena)];
  child.kill('SIGKILL');
  return performance.now();
}
