/** `GET /api/orphans`, and the worker's look that its answer comes from. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { orphanLookAnswer } from '../../src/api/answers.ts';
import { claimOrphanScan } from '../../src/ledger/orphans.ts';
import { createLogger } from '../../src/log/logger.ts';
import { steps } from '../../src/steps/index.ts';
import { startOrphanScanner } from '../../src/worker/background/orphan-scan.ts';
import { startStack, type Stack } from '../helpers/stack.ts';
import { until } from '../helpers/until.ts';
import { createMarkedRepository, type ShownReport } from './support.ts';

let stack: Stack;
let scanners: { stop(): Promise<void> }[];
beforeEach(async () => {
  stack = await startStack({ backend: 'redis', workers: 0 });
  scanners = [];
});
afterEach(async () => {
  await Promise.all(scanners.map((scanner) => scanner.stop()));
  await stack.stop();
});

function startScanner(): { stop(): Promise<void> } {
  const scanner = startOrphanScanner({
    pool: stack.pool,
    log: createLogger({
      level: 'info',
      secrets: [],
      destination: { write: (line) => stack.logLines.push(line) },
    }),
    steps,
    environment: stack.environment,
    timeoutMs: 5000,
    sweepIntervalMs: 50,
    mayBegin: () => true,
  });
  scanners.push(scanner);
  return scanner;
}

const makeDue = () => stack.pool.query('update ledger.orphan_report set due_at = clock_timestamp()');

async function show(): Promise<ShownReport> {
  const response = await stack.call('/api/orphans');
  expect(response.status).toBe(200);
  return (await response.json()) as ShownReport;
}

const untilChecked = () =>
  until(async () => {
    const report = await show();
    return report.checkedAt === null ? undefined : report;
  }, 'a report');

const looks = () =>
  stack.sandbox.control.journal().filter(({ operation }) => operation === 'listVercelProjects').length;

test('without the key it is 401, and an unknown query parameter is 400', async () => {
  for (const key of ['', 'x'.repeat(64)])
    expect((await stack.call('/api/orphans', { key })).status).toBe(401);
  expect((await stack.call('/api/orphans?kind=a')).status).toBe(400);
});

test('nobody has looked yet: checkedAt is null', async () => {
  expect(await show()).toEqual({ checkedAt: null, items: [], errors: [] });
});

test('the answer is what a worker has found', async () => {
  const externalId = await createMarkedRepository(stack, 'client-acme-app');
  await makeDue();
  startScanner();

  const { checkedAt, items, errors } = await untilChecked();

  expect(Math.abs(Date.parse(checkedAt ?? '') - Date.now())).toBeLessThan(60_000);
  expect(errors).toEqual([]);
  expect(items).toMatchObject([{ kind: 'github.repository', externalId, evidence: 'mark' }]);
});

test('of several workers one looks, and none looks again within the hour', async () => {
  await makeDue();
  for (let count = 0; count < 5; count += 1) startScanner();
  await untilChecked();

  const { rows } = await stack.pool.query<{ minutes: number }>(
    'select extract(epoch from due_at - clock_timestamp())::float8 / 60 as minutes from ledger.orphan_report',
  );
  expect(rows[0]?.minutes).toBeGreaterThan(58);
  expect(looks()).toBe(1);
});

test('a worker that dies while it looks is followed by another one minutes later', async () => {
  await makeDue();
  stack.sandbox.control.addFault({ provider: 'github', operation: 'listRepositories', mode: 'hang-before' });
  const first = startScanner();
  await until(() => looks() > 0 || undefined, 'the first look');

  await first.stop();

  expect((await show()).checkedAt).toBeNull();
  const { rows } = await stack.pool.query<{ minutes: number }>(
    'select extract(epoch from due_at - clock_timestamp())::float8 / 60 as minutes from ledger.orphan_report',
  );
  expect(rows[0]?.minutes).toBeLessThan(6);
});

test('a list that fails is an error of the report, and is logged', async () => {
  stack.sandbox.control.revokeToken('n8n');
  await makeDue();
  startScanner();

  const { errors } = await untilChecked();

  expect(errors).toEqual([{ kind: 'n8n.workflow', message: 'n8n: GET /workflows answered 401' }]);
  expect(stack.logLines.join('')).toContain('the scan for orphans has ended');
});

test('a ledger that fails is logged, and looked at again', async () => {
  await makeDue();
  await stack.pool.query('alter table ledger.orphan_report rename to away');
  startScanner();
  await until(
    () => stack.logLines.some((line) => line.includes('the scan for orphans failed')) || undefined,
    'the failure to be logged',
  );

  await stack.pool.query('alter table ledger.away rename to orphan_report');

  expect((await untilChecked()).errors).toEqual([]);
});

const askForLook = () => stack.call('/api/orphans/look', { method: 'POST' });

async function asked(): Promise<{ checkedAt: string | null; isNew: boolean }> {
  const response = await askForLook();
  expect(response.status).toBe(202);
  return orphanLookAnswer.parse(await response.json());
}

test('a look that is asked for is made soon, and its report is what the API shows', async () => {
  startScanner();
  expect(await asked()).toEqual({ checkedAt: null, isNew: true });
  const { checkedAt } = await untilChecked();

  const externalId = await createMarkedRepository(stack, 'client-acme-app');
  expect(await asked()).toEqual({ checkedAt, isNew: true });
  const next = await until(async () => {
    const report = await show();
    return report.checkedAt === checkedAt ? undefined : report;
  }, 'another report');

  expect(next.items).toMatchObject([{ externalId }]);
  expect(looks()).toBe(2);
  const { rows } = await stack.pool.query(
    `select by, address from ledger.audit where action = 'looked-for-orphans'`,
  );
  expect(rows).toEqual([
    { by: 'admin-key', address: '127.0.0.1' },
    { by: 'admin-key', address: '127.0.0.1' },
  ]);
});

test('a second look is not begun while one is due or under way', async () => {
  expect((await asked()).isNew).toBe(true);
  expect((await asked()).isNew).toBe(false);
  stack.sandbox.control.addFault({ provider: 'github', operation: 'listRepositories', mode: 'hang-before' });
  startScanner();
  await until(() => looks() > 0 || undefined, 'the look to be under way');

  expect((await asked()).isNew).toBe(false);

  const { rows } = await stack.pool.query(`select 1 from ledger.audit where action = 'looked-for-orphans'`);
  expect(rows).toHaveLength(1);
  expect(looks()).toBe(1);
});

test('after a look that was broken off another one may be asked for at once', async () => {
  await asked();
  stack.sandbox.control.addFault({ provider: 'github', operation: 'listRepositories', mode: 'hang-before' });
  const first = startScanner();
  await until(() => looks() > 0 || undefined, 'the look to be under way');
  await first.stop();

  expect((await asked()).isNew).toBe(true);
});

test('a worker that has died while it looked keeps nobody from asking once its time is over', async () => {
  await asked();
  expect(await claimOrphanScan(stack.pool, 60_000)).toBe(true);
  expect((await asked()).isNew).toBe(false);

  await stack.pool.query('update ledger.orphan_report set looking_until = clock_timestamp()');

  expect((await asked()).isNew).toBe(true);
});
