/** Guessing is slowed, and nobody else pays for it. */
import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { revokeApiKey } from '../../src/ledger/api-keys.ts';
import { commandActor } from '../../src/ledger/audit.ts';
import type { RunningServer } from '../../src/server/start.ts';
import type { Stack } from '../helpers/stack.ts';
import { until } from '../helpers/until.ts';
import { ask, makeKey, problemOf, startAnotherServer, startApi } from './support.ts';

let stack: Stack;
let other: RunningServer | undefined;
beforeEach(async () => {
  stack = await startApi();
});
afterEach(async () => {
  await other?.stop();
  other = undefined;
  await stack?.stop();
});

const path = '/api/provisioning';
const guess = () => randomBytes(16).toString('hex');
const statusWith = async (key: string) => (await stack.call(path, { key })).status;

/** Sends so many, and returns how often each status was answered. */
async function statusesOf(count: number, send: () => Promise<Response>): Promise<Record<number, number>> {
  const responses = await Promise.all(Array.from({ length: count }, send));
  const statuses: Record<number, number> = {};
  for (const { status } of responses) statuses[status] = (statuses[status] ?? 0) + 1;
  return statuses;
}

test('the thirty-first failure in a minute is told to wait', async () => {
  expect(await statusesOf(30, () => stack.call(path, { key: guess() }))).toEqual({ 401: 30 });

  const response = await stack.call(path, { key: guess() });
  expect(response.status).toBe(429);
  expect(response.headers.get('retry-after')).toMatch(/^([1-9]|[1-5]\d|60)$/);
  expect(await problemOf(response)).toMatchObject({ code: 'rate-limited', title: 'Too many requests' });
});

test('whoever guesses at the admin key locks out nobody who has it, though they share an address', async () => {
  expect(await statusesOf(60, () => stack.call(path, { key: guess() }))).toEqual({ 401: 30, 429: 30 });
  expect(await statusWith(stack.environment['ADMIN_API_KEY'] ?? '')).toBe(200);
});

test('of many guesses at once no more than thirty are told that they are wrong', async () => {
  expect(await statusesOf(100, () => stack.call(path, { key: guess() }))).toEqual({ 401: 30, 429: 70 });
});

test('requests without any key are no guesses', async () => {
  expect(await statusesOf(40, () => stack.call(path, { key: '' }))).toEqual({ 401: 40 });
  expect(await statusWith(stack.environment['ADMIN_API_KEY'] ?? '')).toBe(200);
});

test('right keys are no failures, however many', async () => {
  expect(await statusesOf(100, () => stack.call(path))).toEqual({ 200: 100 });
});

test('a program with a revoked key locks out nobody', async () => {
  const [revoked, valid] = await Promise.all([makeKey(stack, 'viewer'), makeKey(stack, 'viewer')]);
  await revokeApiKey(stack.pool, revoked.id, commandActor);

  expect(await statusesOf(40, () => stack.call(path, { key: revoked.token }))).toEqual({ 401: 30, 429: 10 });
  expect(await statusWith(valid.token)).toBe(200);
  expect(await statusWith(stack.environment['ADMIN_API_KEY'] ?? '')).toBe(200);
});

test('guesses at the secret of one key lock out nobody who has it', async () => {
  const { id, token } = await makeKey(stack, 'viewer');
  const guessSecret = () => `cpk_${id}_${randomBytes(32).toString('base64url')}`;

  expect(await statusesOf(40, () => stack.call(path, { key: guessSecret() }))).toEqual({ 401: 30, 429: 10 });
  expect(await statusWith(token)).toBe(200);
});

test('guesses at keys of ever other ids count together, and fill no table', async () => {
  const guessKey = () => `cpk_${randomBytes(6).toString('hex')}_${randomBytes(32).toString('base64url')}`;

  expect(await statusesOf(40, () => stack.call(path, { key: guessKey() }))).toEqual({ 401: 30, 429: 10 });
  const { rows } = await stack.pool.query(`select key from ledger.rate_limits where key like 'failures%'`);
  expect(rows).toHaveLength(1);
});

test('a program with an old JWT locks out no key', async () => {
  expect(await statusesOf(31, () => stack.call(path, { key: 'eyJ.eyJ.old' }))).toEqual({ 401: 30, 429: 1 });
  expect(await statusWith(stack.environment['ADMIN_API_KEY'] ?? '')).toBe(200);
});

test('failures at all servers count together', async () => {
  other = await startAnotherServer(stack);
  const { url } = other;

  expect(await statusesOf(15, () => stack.call(path, { key: guess() }))).toEqual({ 401: 15 });
  expect(await statusesOf(15, () => ask(url, path, guess()))).toEqual({ 401: 15 });
  expect((await ask(url, path, guess())).status).toBe(429);
  expect(await statusWith(guess())).toBe(429);
});

test('failures at the dashboard’s sign-in count too', async () => {
  const signIn = (key: string) =>
    stack.call('/admin/sign-in', { key: '', method: 'POST', body: new URLSearchParams({ key }) });

  expect(await statusesOf(15, () => stack.call(path, { key: guess() }))).toEqual({ 401: 15 });
  expect(await statusesOf(16, () => signIn(guess()))).toEqual({ 401: 15, 429: 1 });

  const refused = await signIn(guess());
  expect(refused.headers.get('set-cookie')).toBeNull();
  const signedIn = await signIn(stack.environment['ADMIN_API_KEY'] ?? '');
  expect(signedIn.headers.get('set-cookie')).not.toBeNull();
});

test('a failure before the last minute is forgotten', async () => {
  expect(await statusesOf(29, () => stack.call(path, { key: guess() }))).toEqual({ 401: 29 });
  await stack.pool.query('update ledger.rate_limits set expire = expire - 60000');

  expect(await statusesOf(30, () => stack.call(path, { key: guess() }))).toEqual({ 401: 30 });
  await until(async () => (await statusWith(guess())) === 429 || undefined, 'a guess to be refused');
});
