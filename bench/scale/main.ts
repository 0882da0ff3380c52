/** `npm run bench:scale`: the product where there is much of something. */
import { availableParallelism } from 'node:os';
import { runCommand } from '../../src/commands/run-command.ts';
import { endingAll } from '../servers/endings.ts';
import { startServers } from '../servers/servers.ts';
import { measureGrowth } from './growth.ts';
import { help, readScaleOptions } from './options.ts';
import { measureWaiting } from './waiting.ts';
import { measureWorkers } from './workers.ts';

await runCommand(async (signal) => {
  const options = readScaleOptions(process.argv.slice(2));
  if (options.isHelpWanted) {
    process.stdout.write(help);
    return true;
  }
  await endingAll(async (endings) => {
    const servers = await startServers(endings);
    console.log(`Node ${process.versions.node}, ${availableParallelism()} cores, ${servers.description}`);
    const studies = {
      waiting: () => measureWaiting(servers, options.waiting, signal),
      workers: () => measureWorkers(servers, signal),
      growth: () => measureGrowth(servers, options.ended, signal),
    };
    for (const name of options.studies) {
      const startedAt = performance.now();
      process.stderr.write(`${name} …\n`);
      const lines = await studies[name]();
      console.log(`\n${name} (${Math.round((performance.now() - startedAt) / 1000)} s)`);
      for (const line of lines) console.log(`  ${line}`);
    }
  });
  return true;
});
