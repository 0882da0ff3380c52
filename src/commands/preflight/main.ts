/** `npm run preflight`: whether the providers would let a provisioning through, asked from here. */
import { reportOf } from '../../api/preflight.ts';
import { coreEnvironment, loadConfig } from '../../config.ts';
import { ConfigurationError } from '../../errors.ts';
import { steps } from '../../steps/index.ts';
import { help, readOptions } from './options.ts';
import { runChecks } from '../../preflight/run-checks.ts';
import { tableOf } from './table.ts';

const stopping = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => stopping.abort());

async function run(): Promise<boolean> {
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
    signal: stopping.signal,
    onDefect: (error) => console.error(error),
  });
  const report = reportOf(checks);
  process.stdout.write(options.isJson ? `${JSON.stringify(report, undefined, 2)}\n` : tableOf(checks));
  return report.ok;
}

try {
  process.exitCode = (await run()) ? 0 : 1;
} catch (error) {
  if (!stopping.signal.aborted) console.error(error instanceof ConfigurationError ? error.message : error);
  process.exitCode = 1;
}
// Whatever still holds the event loop (a socket that lingers, say) must not keep a finished process alive.
setTimeout(() => process.exit(), 1000).unref();
