/** Worlds in which what was sent or written down gives a broken promise away: I4 and I5. */
import { describe } from 'vitest';
import { rejectEach } from './made/broken-worlds.ts';
import { pick, type WorldDraft } from './made/draft.ts';
import { bothSucceeded, rolledBack, succeeded } from './made/worlds.ts';

const callbackOf = ({ ledger }: WorldDraft) => pick(ledger.callbacks);
const deliveryOf = ({ received }: WorldDraft) => pick(received);

describe('callbacks', () => {
  rejectEach([
    [
      'one is signed with another secret',
      'I4',
      succeeded,
      (world) => Object.assign(deliveryOf(world).headers, { 'webhook-signature': 'v1,AAAA' }),
    ],
    ['one comes with other bytes', 'I4', succeeded, (world) => void (deliveryOf(world).body += ' ')],
    ['one comes that nobody has written', 'I4', succeeded, (world) => void world.ledger.callbacks.pop()],
    ['one counts as delivered that never came', 'I4', rolledBack, (world) => void world.received.pop()],
    [
      'one counts as delivered that was refused',
      'I4',
      succeeded,
      (world) => Object.assign(deliveryOf(world), { status: 500 }),
    ],
    [
      'one is still to be delivered',
      'I4',
      succeeded,
      (world) => Object.assign(callbackOf(world), { state: 'pending' }),
    ],
    [
      'the second comes before the first',
      'I4',
      rolledBack,
      (world) => void (world.received = world.received.toReversed()),
    ],
    [
      'the second comes although the first was refused',
      'I4',
      rolledBack,
      (world) => {
        const [first, second] = world.received;
        if (first === undefined || second === undefined) return;
        world.received = [{ ...first, status: 500 }, second, first];
        callbackOf(world).attempts = 2;
      },
    ],
    [
      'the second comes after the receiver has said that it is gone',
      'I4',
      rolledBack,
      (world) => {
        Object.assign(callbackOf(world), { state: 'stopped' });
        Object.assign(deliveryOf(world), { status: 410 });
      },
    ],
    [
      'one is stopped that nobody has stopped',
      'I4',
      succeeded,
      (world) => Object.assign(callbackOf(world), { state: 'stopped' }),
    ],
    [
      'one comes more often than it was sent',
      'I4',
      succeeded,
      (world) => void world.received.push({ ...deliveryOf(world) }),
    ],
    [
      'one is about something else',
      'I4',
      succeeded,
      (world) => Object.assign(callbackOf(world), { type: 'provisioning.failed' }),
    ],
    ['numbers have a gap', 'I4', rolledBack, (world) => Object.assign(callbackOf(world), { sequence: 3 })],
    [
      'one is told to nobody',
      'I4',
      succeeded,
      (world) => Object.assign(pick(world.ledger.provisionings), { callback_url: undefined }),
    ],
    [
      'nothing is told of an end',
      'I4',
      rolledBack,
      (world) => {
        world.received.pop();
        world.ledger.callbacks.pop();
      },
    ],
    [
      'one tells of another client',
      'I4',
      bothSucceeded,
      (world) => {
        const [first, second] = world.ledger.callbacks;
        if (first !== undefined && second !== undefined) first.provisioning_id = second.provisioning_id;
      },
    ],
  ]);
});

describe('secrets', () => {
  const leak = (what: string, form: (secret: string) => string) =>
    [
      what,
      'I5',
      succeeded,
      (world: WorldDraft) => {
        const { value } = pick(world.secrets);
        world.sinks.push({ name: 'the queue', text: `{"data":"${form(value)}"}` });
      },
    ] as const;
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  rejectEach([
    leak('one is written down as it is', (secret) => secret),
    leak('one is written down as JSON', (secret) => JSON.stringify(secret)),
    leak('one is written down as part of a URL', (secret) => encodeURIComponent(secret)),
    leak('one is written down in hex', (secret) => Buffer.from(secret).toString('hex')),
    leak('one is written down in base64', base64),
    leak('one is in the middle of a text in base64', (secret) => base64(`a:${secret}, and more`)),
    leak('one is at the end of a text in base64', (secret) => base64(`ab:${secret}`)),
    leak('one is in the middle of a text in base64url', (secret) =>
      Buffer.from(`abc:${secret}!`).toString('base64url'),
    ),
    [
      'one is in the path of a request',
      'I5',
      succeeded,
      (world) => void (pick(world.journal).path += `?key=${encodeURIComponent(pick(world.secrets).value)}`),
    ],
    [
      'one is in a callback',
      'I5',
      succeeded,
      (world) => Object.assign(deliveryOf(world).headers, { 'x-key': pick(world.secrets).value }),
    ],
  ]);
});
