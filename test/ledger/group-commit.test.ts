import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { LeaseLost } from '../../src/errors.ts';
import { claimProvisioning, type Claim } from '../../src/ledger/claims.ts';
import { writeAsHolder } from '../../src/ledger/holder.ts';
import { grouped, type Transitions } from '../../src/ledger/group-commit.ts';
import { isDatabaseAway, openPool } from '../../src/ledger/pool.ts';
import { startProxy } from '../chaos/proxy.ts';
import { claimRequest, startLedger, type TestLedger } from './support.ts';

let ledger: TestLedger;
let transitions: Transitions;
beforeAll(async () => {
  ledger = await startLedger();
  transitions = grouped(ledger.pool);
});
afterAll(() => ledger?.stop());

async function claim(through = transitions): Promise<Claim> {
  const result = await claimProvisioning(through, claimRequest(await ledger.accept()));
  if (result.is !== 'claimed') throw new Error(`the claim was ${result.is}`);
  return result.claim;
}

const claimSome = (count: number) => Promise.all(Array.from({ length: count }, () => claim()));

const noteIn = (claimed: Pick<Claim, 'provisioningId' | 'epoch'>, note: unknown, through = transitions) =>
  writeAsHolder(through, claimed, { parts: [], events: [{ type: 'test.noted', data: { note } }] });

/** The transaction that has written each note, by its provisioning. */
async function transactionsOf(claims: readonly Claim[]) {
  const { rows } = await ledger.pool.query<{ id: string; note: unknown; transaction: string }>(
    `select provisioning_id as id, data->'note' as note, xmin::text as transaction from ledger.events
     where type = 'test.noted' and provisioning_id = any($1)`,
    [claims.map(({ provisioningId }) => provisioningId)],
  );
  return rows;
}

test('what is written at the same time is committed together, and each gets its own answer', async () => {
  const claims = await claimSome(12);

  expect(
    new Set(claims.map(({ snapshot, provisioningId }) => snapshot.provisioning.id === provisioningId)),
  ).toEqual(new Set([true]));
  await Promise.all(claims.map((claimed) => noteIn(claimed, claimed.provisioningId)));

  const notes = await transactionsOf(claims);
  expect(notes.filter(({ id, note }) => id !== note)).toEqual([]);
  expect(notes).toHaveLength(12);
  // The first one leaves at once, and the others wait for it.
  expect(new Set(notes.map(({ transaction }) => transaction)).size).toBe(2);
});

test('one that is refused changes nothing, and the others of its batch are written all the same', async () => {
  const claims = await claimSome(6);
  const written = await Promise.allSettled(
    claims.map(({ provisioningId, epoch }, index) =>
      noteIn({ provisioningId, epoch: index === 3 ? epoch - 1 : epoch }, 'here'),
    ),
  );

  expect(written.map(({ status }) => status)).toEqual(
    [0, 1, 2, 3, 4, 5].map((index) => (index === 3 ? 'rejected' : 'fulfilled')),
  );
  expect(written[3]?.status === 'rejected' && written[3].reason).toBeInstanceOf(LeaseLost);
  expect((await transactionsOf(claims)).map(({ id }) => id).toSorted()).toEqual(
    claims.flatMap(({ provisioningId }, index) => (index === 3 ? [] : provisioningId)).toSorted(),
  );
});

test('a row that is locked elsewhere holds up its own write only', async () => {
  const [locked, ...others] = await claimSome(5);
  const holder = await ledger.pool.connect();
  await holder.query('begin');
  await holder.query('select 1 from ledger.provisionings where id = $1 for update', [locked?.provisioningId]);
  const order: string[] = [];
  // So that the others go together with the locked one, behind a first batch.
  const first = noteIn(await claim(), 'first');
  const late = locked && noteIn(locked, 'late').then(() => order.push('late'));
  const soon = others.map((claimed) => noteIn(claimed, 'soon').then(() => order.push('soon')));
  await Promise.all([first, ...soon]);
  // Nor does it hold up what comes later.
  await noteIn(await claim(), 'later');
  order.push('later');
  await holder.query('commit');
  holder.release();
  await late;

  expect(order).toEqual(['soon', 'soon', 'soon', 'soon', 'later', 'late']);
});

test.each([
  ['quotes and backslashes', String.raw`a "quoted" \ back\\slash {brace}, 'single'`],
  ['other scripts and controls', 'Zürich 東京 🎉\n\t\u0001'],
  ['nothing', null],
  ['an empty text', ''],
])('%s are stored in a batch as they are by themselves', async (_, note) => {
  const claims = await claimSome(4);
  await Promise.all(claims.map((claimed) => noteIn(claimed, note)));

  expect((await transactionsOf(claims)).map((row) => row.note)).toEqual(claims.map(() => note));
});

test('a batch whose answer is lost is not sent again: each of its writes ends as one of a database that is away', async () => {
  const { port, hostname } = new URL(ledger.url);
  const proxy = await startProxy(Number(port));
  const url = ledger.url.replace(`${hostname}:${port}`, `127.0.0.1:${proxy.port}`);
  const pool = openPool({ url, onError: () => {} });
  const through = grouped(pool);
  const claims = await Promise.all(Array.from({ length: 4 }, () => claim(through)));
  proxy.hold();
  const written = claims.map((claimed) =>
    noteIn(claimed, 'perhaps', through).catch((error: unknown) => error),
  );
  await pause(50);
  proxy.cut();
  const errors = await Promise.all(written);
  await pool.end();
  await proxy.close();

  expect(errors.map((error) => isDatabaseAway(error))).toEqual(claims.map(() => true));
  expect(await transactionsOf(claims)).toEqual([]);
});
