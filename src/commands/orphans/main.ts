/** `npm run orphans`: what looks like ours at the providers and is in no ledger; deletes one when told to. */
import { userInfo } from 'node:os';
import { presentOrphans } from '../../api/present.ts';
import { coreEnvironment, loadConfig } from '../../config.ts';
import { openPool } from '../../ledger/pool.ts';
import { requireLedger } from '../../ledger/migrate.ts';
import { steps } from '../../steps/index.ts';
import { withoutSteering } from '../text-table.ts';
import { help, readOptions } from './options.ts';
import { removeOrphan } from '../../orphans/remove-orphan.ts';
import { scanOrphans } from '../../orphans/scan.ts';
import { runCommand } from '../run-command.ts';
import { tableOf } from './table.ts';

/** An account without a name, as containers may have. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return 'unknown';
  }
}

async function run(signal: AbortSignal): Promise<boolean> {
  const options = readOptions(process.argv.slice(2), userName());
  if (options.isHelpWanted) {
    process.stdout.write(help);
    return true;
  }
  const wanted = {
    DATABASE_URL: true,
    PROVIDER_TIMEOUT_MS: true,
    POLL_BASE_MS: true,
    READY_TIMEOUT_MS: true,
  } as const;
  const searched = steps.filter(({ resources = [] }) => resources.some(({ search }) => search !== undefined));
  const config = loadConfig(process.env, [
    coreEnvironment.pick(wanted),
    ...searched.map(({ environment }) => environment),
  ]);
  const pool = openPool({ url: config.DATABASE_URL, max: 5, onError: () => {} });
  const search = {
    steps,
    environment: process.env,
    timeoutMs: config.PROVIDER_TIMEOUT_MS,
    signal,
  };
  try {
    await requireLedger(pool);
    if (options.deletion === undefined) {
      const report = await scanOrphans(pool, search);
      const json = () => `${JSON.stringify(presentOrphans(report), undefined, 2)}\n`;
      process.stdout.write(options.isJson ? json() : tableOf(report));
      return report.errors.length === 0;
    }
    const { kind, externalId } = options.deletion;
    const removal = await removeOrphan(pool, search, options.deletion, {
      pollMs: config.POLL_BASE_MS,
      timeoutMs: config.READY_TIMEOUT_MS,
    });
    if (removal.is === 'gone') process.stdout.write(`${kind}/${externalId} is gone.\n`);
    else {
      const what = removal.is === 'refused' ? 'was not deleted' : 'may or may not be deleted';
      process.stderr.write(`${withoutSteering(`${kind}/${externalId} ${what}: ${removal.reason}`)}.\n`);
    }
    return removal.is === 'gone';
  } finally {
    await pool.end();
  }
}

await runCommand(run);
