import { parseArgs } from 'node:util';
import { startLocalPostgres } from '../local/postgres.ts';
import { n8nVersions, newestN8n } from './n8n/version.ts';
import {
  fastTiming,
  realisticTiming,
  sandboxExtensions,
  startSandbox,
  type SandboxOptions,
} from './sandbox.ts';

const help = `The four providers as local servers, until Ctrl-C.

  --port <n>       control server; the providers take the four ports after it (default 4400, or SANDBOX_PORT; 0: any free ones)
  --host <name>    where to listen (default 127.0.0.1, or SANDBOX_HOST)
  --data <folder>  data of the embedded Postgres (default .data/sandbox, or SANDBOX_DATA_DIR)
  --fast           no realistic waiting
  --n8n <version>  which generation of n8n: ${n8nVersions.join(', ')} (default ${newestN8n})

DATABASE_URL, a superuser's, is used instead of the embedded Postgres when it is set.
`;

/** Runs the sandbox as a process of its own; resolves when it has stopped. */
async function main(environment: NodeJS.ProcessEnv): Promise<void> {
  const { values } = parseArgs({
    options: {
      port: { type: 'string' },
      host: { type: 'string' },
      data: { type: 'string' },
      fast: { type: 'boolean' },
      n8n: { type: 'string' },
      help: { type: 'boolean' },
    },
  });
  if (values.help === true) {
    process.stdout.write(help);
    return;
  }
  const port = Number(values.port ?? environment.SANDBOX_PORT ?? 4400);
  if (!Number.isInteger(port) || port < 0 || port > 65_531) throw new Error('--port must be a port number');

  const n8n = n8nVersions.find((version) => version === (values.n8n ?? newestN8n));
  if (n8n === undefined) throw new Error(`--n8n must be one of ${n8nVersions.join(', ')}`);

  const stopping = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => resolve());
  });
  const local =
    environment.DATABASE_URL === undefined
      ? await startLocalPostgres({
          dataDir: values.data ?? environment.SANDBOX_DATA_DIR ?? '.data/sandbox',
          extensions: sandboxExtensions,
        })
      : undefined;
  try {
    const options: SandboxOptions = {
      postgresUrl: local?.url ?? environment.DATABASE_URL ?? '',
      host: values.host ?? environment.SANDBOX_HOST ?? '127.0.0.1',
      ports:
        port === 0
          ? {}
          : { control: port, supabase: port + 1, github: port + 2, vercel: port + 3, n8n: port + 4 },
      timing: values.fast === true ? fastTiming : realisticTiming,
      n8n,
      removesLeftovers: true,
      log: (message) => process.stderr.write(`${message}\n`),
    };
    const sandbox = await startSandbox(options);
    const block = Object.entries(sandbox.environment).map(([name, value]) => `${name}=${value}`);
    process.stdout.write(
      `# The provider sandbox is ready. For .env:\n${block.join('\n')}\n` +
        `CALLBACK_ALLOWED_HOSTS=${new URL(sandbox.urls.control).host}\n\n` +
        `# Control, and what it can do: ${sandbox.urls.control}/\n` +
        `# Receives callbacks: ${sandbox.urls.control}/receiver/<name>\n`,
    );
    await stopping;
    await sandbox.stop();
  } finally {
    await local?.stop();
  }
}

main(process.env).catch((error: unknown) => {
  process.stderr.write(`sandbox: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
