/** `npm run ledger:dump`: migrates an empty database and writes down what it has then, for the test that compares. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describeSchema } from '../src/ledger/describe-schema.ts';
import { migrateLedger } from '../src/ledger/migrate.ts';
import { openPool } from '../src/ledger/pool.ts';
import { startLocalPostgres } from '../local/postgres.ts';

const file = path.join(import.meta.dirname, '../src/ledger/schema.txt');
const folder = await mkdtemp(path.join(tmpdir(), 'ledger-dump-'));
const postgres = await startLocalPostgres({ dataDir: path.join(folder, 'data'), settings: { fsync: 'off' } });
try {
  await migrateLedger(postgres.url);
  const pool = openPool({ url: postgres.url, onError: () => {} });
  await writeFile(file, await describeSchema(pool));
  await pool.end();
  console.log(`Written: ${path.relative(process.cwd(), file)}`);
} finally {
  await postgres.stop();
  await rm(folder, { recursive: true, force: true });
}
