/** A deadline: when its signal is aborted, why, and that nothing of it stays. */
import { getEventListeners } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { startDeadline } from '../../src/http/deadline.ts';

const aborted = (signal: AbortSignal) =>
  new Promise<unknown>((resolve) => signal.addEventListener('abort', () => resolve(signal.reason)));

test('its signal is aborted once the time is over, and says so', async () => {
  const { signal } = startDeadline(5, []);

  expect(await aborted(signal)).toMatchObject({ name: 'TimeoutError' });
});

test('its signal is aborted with the first of the others, for its reason', async () => {
  const first = new AbortController();
  const second = new AbortController();
  const { signal } = startDeadline(60_000, [first.signal, undefined, second.signal]);
  const why = aborted(signal);

  second.abort(new Error('the lease is lost'));

  expect(await why).toMatchObject({ message: 'the lease is lost' });
});

test('its signal is aborted from the start where one of the others is', () => {
  const { signal } = startDeadline(undefined, [AbortSignal.abort(new Error('too late'))]);

  expect(signal.aborted).toBe(true);
  expect(signal.reason).toMatchObject({ message: 'too late' });
});

test('one that has ended is aborted by nothing, and leaves nothing at the others', async () => {
  const other = new AbortController();
  const deadline = startDeadline(5, [other.signal]);
  expect(getEventListeners(other.signal, 'abort')).toHaveLength(1);

  deadline.end();

  expect(getEventListeners(other.signal, 'abort')).toHaveLength(0);
  other.abort();
  await delay(20);
  expect(deadline.signal.aborted).toBe(false);
});
