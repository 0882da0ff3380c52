/** `npm run demo`: everything on one machine, and a sample client. */
import { ConfigurationError } from '../src/errors.ts';
import { runDemo } from './demo.ts';
import { help, readOptions } from './options.ts';

const stopping = new AbortController();
// Every time, not once: in a terminal Ctrl-C reaches this process itself and again through each npm above it.
for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => stopping.abort());

// A terminal that does not know its size (in a recorder, say) would get one letter per line, and no live view.
if (process.stdout.columns === 0) Object.assign(process.stdout, { columns: 80, rows: 24 });

try {
  const options = readOptions(process.argv.slice(2));
  if (options.isHelpWanted) process.stdout.write(help);
  else {
    const { REDIS_URL: redisUrl, SCHEMA_PATH: schemaPath } = process.env;
    const isWell = await runDemo(options, {
      redisUrl: redisUrl === '' ? undefined : redisUrl,
      schemaPath: schemaPath === '' ? undefined : schemaPath,
      view: { isTerminal: process.stdout.isTTY, signal: stopping.signal },
      seconds: () => performance.now() / 1000,
    });
    process.exitCode = isWell ? 0 : 1;
  }
} catch (error) {
  // Told to stop before the sample had ended: fine, unless its end was what was asked for.
  if (stopping.signal.aborted) process.exitCode = process.argv.includes('--exit') ? 1 : 0;
  else {
    console.error(error instanceof ConfigurationError ? error.message : error);
    process.exitCode = 1;
  }
}
// Whatever still holds the event loop (a socket that lingers, say) must not keep a stopped process alive.
setTimeout(() => process.exit(), 1000).unref();
