/** `npm run preflight`: whether the providers would let a provisioning through, asked from here. */
import { reportOf } from '../../api/preflight.ts';
import { coreEnvironment, loadConfig } from '../../config.ts';
import { steps } from '../../steps/index.ts';
import { help, readOptions } from './options.ts';
import { runChecks } from '../../preflight/run-checks.ts';
import { runCommand } from '../run-command.ts';
import { tableOf } from './table.ts';

async function run(signal: AbortSignal): Promise<boolean> {
  const options = readOptions(process.argv.slice(2));
  if (options.isHelpWanted) {
    process.stdout.write(help);
    return true;
  }
  const config = loadConfig(process.env, [
    coreEnvironment.pick({ PROVIDER_TIMEOUT_MS: true }),
    ...steps.map(({ environment }) => environment),
  ]);
  const checks = await runChecks({
    steps,
    environment: process.env,
    timeoutMs: config.PROVIDER_TIMEOUT_MS,
    signal,
    onDefect: (error) => console.error(error),
  });
  const report = reportOf(checks);
  process.stdout.write(options.isJson ? `${JSON.stringify(report, undefined, 2)}\n` : tableOf(checks));
  return report.ok;
}

await runCommand(run);
