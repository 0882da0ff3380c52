/** The commands in a real terminal: what is drawn, what is asked, and what is not done without an answer. */
import { stripVTControlCharacters } from 'node:util';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { newClientId, startStack, type Stack } from '../helpers/stack.ts';
import { untilReady } from '../server/support.ts';
import { admin, openTerminal, orderArgs } from './support.ts';

let stack: Stack;
beforeAll(async () => {
  stack = await startStack({ backend: 'redis' });
  await untilReady(stack);
});
beforeEach(() => stack.sandbox.control.reset());
afterAll(() => stack?.stop());

const escape = '\u001b';
const colours = new RegExp(`${escape}\\[3\\dm`);
const moves = new RegExp(`${escape}\\[\\d*[AGK]`);

async function withClient(): Promise<{ clientId: string; id: string }> {
  const clientId = newClientId();
  const { id } = await stack.provision({ clientId });
  await stack.waitUntilDone(id);
  return { clientId, id };
}

test('a provisioning is drawn step by step, and its result is shown', async () => {
  const terminal = openTerminal(await admin(stack), ['create', newClientId(), ...orderArgs, '--watch']);
  expect(await terminal.ended).toBe(0);
  const shown = stripVTControlCharacters(terminal.raw());
  // Drawn over and over, and coloured.
  expect(terminal.raw()).toMatch(moves);
  expect(terminal.raw()).toMatch(colours);
  expect(shown).toMatch(/✔ n8n-webhooks +\d+\.\d s/);
  expect(shown).toContain('vercelDeploymentUrl');
});

test('a failure shows the undo as well, and exits with 1', async () => {
  stack.sandbox.control.setDeploymentOutcome('ERROR');
  const terminal = openTerminal(await admin(stack), ['create', newClientId(), ...orderArgs, '--watch']);
  expect(await terminal.ended).toBe(1);
  const shown = stripVTControlCharacters(terminal.raw());
  expect(shown).toContain('Undoing, the last step first');
  expect(shown).toMatch(/github-repo.*deleted github\.repository/);
  expect(shown).toContain('What to do:');
});

test('a paused one ends the view, with what has not begun', async () => {
  stack.sandbox.control.setDeploymentOutcome('ERROR');
  const args = ['create', newClientId(), ...orderArgs, '--on-failure', 'pause', '--watch'];
  const terminal = openTerminal(await admin(stack), args);
  expect(await terminal.ended).toBe(1);
  const shown = stripVTControlCharacters(terminal.raw());
  expect(shown).toMatch(/n8n-webhooks +not begun/);
  expect(shown).toMatch(/paused\s/);
  expect(shown).not.toContain('Undoing');
});

test('NO_COLOR takes the colours out', async () => {
  const { clientId } = await withClient();
  const coloured = openTerminal(await admin(stack), ['show', clientId]);
  await coloured.ended;
  expect(coloured.raw()).toContain(escape);
  const plain = openTerminal(await admin(stack, { NO_COLOR: '1' }), ['show', clientId]);
  await plain.ended;
  expect(plain.raw()).not.toContain(escape);
  expect(stripVTControlCharacters(coloured.raw())).toBe(plain.raw());
  const drawn = openTerminal(await admin(stack, { NO_COLOR: '1' }), ['watch', clientId]);
  await drawn.ended;
  expect(drawn.raw()).not.toMatch(colours);
});

test('a dumb terminal gets a line per change', async () => {
  const { clientId } = await withClient();
  const terminal = openTerminal(await admin(stack, { TERM: 'dumb', NO_COLOR: '1' }), ['watch', clientId]);
  expect(await terminal.ended).toBe(0);
  expect(terminal.raw()).not.toContain(escape);
  expect(terminal.raw()).toContain(`${clientId}  succeeded`);
});

test('offboarding shows what is deleted, and does nothing unless the client id is typed', async () => {
  const { clientId, id } = await withClient();
  const first = openTerminal(await admin(stack), ['offboard', clientId]);
  await first.untilShown(`Type the client id ${clientId}`);
  expect(first.raw()).toContain('This deletes for good');
  expect(first.raw()).toContain(`github.repository  client-${clientId}-app`);
  first.type('yes\r');
  expect(await first.ended).toBe(1);
  expect((await stack.show(id)).rollback.status).toBe('none');

  const second = openTerminal(await admin(stack), ['offboard', clientId, '--watch']);
  await second.untilShown(`Type the client id ${clientId}`);
  second.type(`${clientId}\r`);
  expect(await second.ended).toBe(0);
  expect(await stack.show(id)).toMatchObject({ rollback: { status: 'completed' } });
});

test('a cancel is asked about once, and No leaves everything as it is', async () => {
  stack.sandbox.control.addFault({
    provider: 'supabase',
    operation: '*',
    mode: 'latency',
    delayMs: 1000,
    times: 3,
  });
  const clientId = newClientId();
  const { id } = await stack.provision({ clientId });
  const terminal = openTerminal(await admin(stack), ['cancel', clientId]);
  await terminal.untilShown('Cancel it');
  terminal.type('n');
  expect(await terminal.ended).toBe(1);
  expect(await stack.waitUntilDone(id)).toMatchObject({ status: 'succeeded' });
});
