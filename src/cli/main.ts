/** `client-provisioner <command>`: the API at the command line. */
import { runCli } from './run.ts';

const interrupted = 130;
const stopping = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const)
  process.on(name, () => {
    // Asked a second time it does not wait for anything.
    if (stopping.signal.aborted) process.exit(interrupted);
    stopping.abort();
  });
// A reader that has seen enough, as `head` has, closes the pipe.
process.stdout.on('error', (error: Error) => {
  if ('code' in error && error.code === 'EPIPE') process.exit(0);
  throw error;
});

process.exitCode = await runCli(process.argv.slice(2), {
  environment: process.env,
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  signal: stopping.signal,
});
// Whatever still holds the event loop (a socket that lingers, say) must not keep a finished command alive.
setTimeout(() => process.exit(), 500).unref();
