/** `npm run bench`: what a run of the product costs, beside other systems on the same servers. */
import { availableParallelism } from 'node:os';
import { runCommand } from '../src/commands/run-command.ts';
import type { Figures } from './measure/figures.ts';
import { quickSizes, usualSizes } from './measure/sizes.ts';
import { rotate } from './measure/statistics.ts';
import { takeTurn } from './measure/turn.ts';
import { help, readOptions, type BenchOptions } from './options.ts';
import { makeReport, reportLines } from './report.ts';
import { endingAll } from './servers/endings.ts';
import { startServers } from './servers/servers.ts';
import { titles, type SystemName } from './systems/names.ts';
import { systems } from './systems/systems.ts';

await runCommand(async (signal) => {
  const options = readOptions(process.argv.slice(2));
  if (options.isHelpWanted) process.stdout.write(help);
  else await measure(options, signal);
  return true;
});

async function measure(options: BenchOptions, signal: AbortSignal): Promise<void> {
  const sizes = options.isQuick ? quickSizes : usualSizes;
  const startedAt = performance.now();
  const rounds: Partial<Record<SystemName, Figures>>[] = [];
  const description = await endingAll(async (endings) => {
    const servers = await startServers(endings);
    for (let round = 0; round < options.rounds; round += 1) {
      const measured: Partial<Record<SystemName, Figures>> = {};
      for (const name of rotate(options.systems, round)) {
        signal.throwIfAborted();
        process.stderr.write(`round ${round + 1} of ${options.rounds}: ${titles[name]}\n`);
        const { concurrency } = options;
        measured[name] = await takeTurn(systems[name], servers, { sizes, concurrency, signal });
      }
      rounds.push(measured);
    }
    return servers.description;
  });
  const report = makeReport(rounds, options.systems);
  const machine = `Node ${process.versions.node}, ${availableParallelism()} cores, ${description}`;
  const seconds = Math.round((performance.now() - startedAt) / 1000);
  if (options.isJson)
    console.log(JSON.stringify({ machine, seconds, sizes, rounds, ...report }, undefined, 1));
  else for (const line of [`${machine}; took ${seconds} s`, '', ...reportLines(report)]) console.log(line);
}
