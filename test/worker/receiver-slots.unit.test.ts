import { expect, test } from 'vitest';
import { callbackConcurrency, receiverSlots, type Slot } from '../../src/worker/callbacks/receiver-slots.ts';

/** Takes slots of a receiver until it has none left. */
function takeAll(slots: ReturnType<typeof receiverSlots>, url: string): Slot[] {
  const taken: Slot[] = [];
  for (;;) {
    const slot = slots.take(url);
    if ('retryInMs' in slot) return taken;
    taken.push(slot);
  }
}

test('a receiver has few slots, whatever the path', () => {
  const slots = receiverSlots();

  expect(takeAll(slots, 'https://hooks.example/a')).toHaveLength(5);
  expect(slots.take('https://hooks.example/b?c=d')).toHaveProperty('retryInMs');
  expect(slots.take('https://HOOKS.example:443/')).toHaveProperty('retryInMs');
});

test.each(['https://other.example/', 'https://hooks.example:8443/', 'https://sub.hooks.example/'])(
  'another receiver has its own: %s',
  (url) => {
    const slots = receiverSlots();
    takeAll(slots, 'https://hooks.example/');

    expect(takeAll(slots, url)).toHaveLength(5);
  },
);

test('a slot that was given back is there for the next', () => {
  const slots = receiverSlots();
  const [first] = takeAll(slots, 'https://hooks.example/');

  first?.release();

  expect(takeAll(slots, 'https://hooks.example/')).toHaveLength(1);
});

test('who finds none comes again: late where the receiver is slow, and not all at the same moment', () => {
  let nowMs = 0;
  const slots = receiverSlots(() => nowMs);
  takeAll(slots, 'https://hooks.example/');
  const waitsOfMany = () =>
    Array.from({ length: 50 }, () => slots.take('https://hooks.example/')).map((slot) =>
      'retryInMs' in slot ? slot.retryInMs : 0,
    );

  const atOnce = waitsOfMany();
  nowMs = 20_000;
  const whenItHangs = waitsOfMany();

  expect(Math.min(...atOnce)).toBeGreaterThanOrEqual(250);
  expect(Math.max(...atOnce)).toBeLessThanOrEqual(750);
  expect(Math.min(...whenItHangs)).toBeGreaterThanOrEqual(10_000);
  expect(Math.max(...whenItHangs)).toBeLessThanOrEqual(30_000);
  expect(new Set(whenItHangs).size).toBeGreaterThan(10);
});

test.each([1, 20, 1000])(
  'with %i dead receivers, as many as jobs at once, half of the slots are free',
  (jobs) => {
    const slots = receiverSlots();
    const taken = Array.from({ length: jobs }, (_, index) =>
      takeAll(slots, `https://dead-${index}.example/`),
    );

    expect(taken.flat()).toHaveLength(callbackConcurrency(jobs) / 2);
  },
);
