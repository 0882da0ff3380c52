import { afterAll, beforeAll, expect, test } from 'vitest';
import { appendEvent, type EventRow } from '../../src/ledger/events.ts';
import { eventHub, type Listener } from '../../src/server/events/hub.ts';
import { startLedger, type TestLedger } from '../ledger/support.ts';
import { until } from '../helpers/until.ts';

let ledger: TestLedger;
beforeAll(async () => {
  ledger = await startLedger();
});
afterAll(() => ledger?.stop());

function listen(provisioningId: string, isReady = () => true): Listener & { readonly given: EventRow[] } {
  const given: EventRow[] = [];
  return {
    provisioningId,
    position: 0,
    given,
    isReady,
    give: (events) => given.push(...events),
    end: () => {},
  };
}

test('two hundred listeners cost as many queries as one', async () => {
  const ids = await Promise.all(Array.from({ length: 20 }, () => ledger.accept()));
  const hub = eventHub(ledger.pool, (error) => expect(error).toBeUndefined());
  const listeners = Array.from({ length: 200 }, (_, index) => listen(ids[index % 20] ?? ''));
  let queries = 0;
  const count = () => (queries += 1);
  ledger.pool.on('acquire', count);
  try {
    for (const listener of listeners) hub.add(listener);
    await until(() => listeners.every(({ given }) => given.length === 1) || undefined, 'all to be told');
    // One round: how far each has come, and what is new.
    expect(queries).toBeLessThanOrEqual(4);
  } finally {
    ledger.pool.off('acquire', count);
    for (const listener of listeners) hub.remove(listener);
  }
});

test('one that is far behind takes nothing from those that are not', async () => {
  const id = await ledger.accept();
  for (let count = 0; count < 250; count += 1) await appendEvent(ledger.pool, id, 'test.event', { count });
  const hub = eventHub(ledger.pool, (error) => expect(error).toBeUndefined());
  const given = (sequences: readonly number[]) => sequences.join();
  const behind = listen(id);
  const ahead: Listener & { readonly given: EventRow[] } = { ...listen(id), position: 249 };
  hub.add(behind);
  hub.add(ahead);
  await until(() => ahead.given.length === 2 || undefined, 'the one ahead to be told');
  expect(behind.given.length).toBeLessThan(251);
  await until(() => behind.given.length === 251 || undefined, 'the one behind to have all');
  expect(given(ahead.given.map(({ sequence }) => sequence))).toBe('250,251');
  expect(given(behind.given.map(({ sequence }) => sequence))).toBe(
    given(Array.from({ length: 251 }, (_, index) => index + 1)),
  );
  hub.remove(behind);
  hub.remove(ahead);
});

test('who is not ready is given nothing until it is, and then everything in order', async () => {
  const id = await ledger.accept();
  const hub = eventHub(ledger.pool, (error) => expect(error).toBeUndefined());
  let isReady = false;
  const slow = listen(id, () => isReady);
  const quick = listen(id);
  hub.add(slow);
  hub.add(quick);
  for (let count = 0; count < 250; count += 1) await appendEvent(ledger.pool, id, 'test.event', { count });
  await until(() => quick.given.length === 251 || undefined, 'the quick one to have all');
  expect(slow.given).toEqual([]);
  isReady = true;
  await until(() => slow.given.length === 251 || undefined, 'the slow one to have all');
  expect(slow.given).toEqual(quick.given);
  hub.remove(slow);
  hub.remove(quick);
});
