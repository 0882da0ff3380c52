import { afterEach, describe, expect, test } from 'vitest';
import { backends, startStack, type Stack } from '../helpers/stack.ts';
import { until } from '../helpers/until.ts';

let stack: Stack | undefined;
afterEach(async () => {
  await stack?.stop();
  stack = undefined;
});

function typesOf(running: Stack): string[] {
  return running.sandbox.control
    .receivedCallbacks('caller')
    .map(({ body }) => (JSON.parse(body) as { type: string }).type);
}

describe.each(backends)('on %s', (backend) => {
  test('a callback whose turn has not come is sent as soon as the one before it has ended', async () => {
    stack = await startStack({ backend, environment: { CALLBACK_RETRY_BASE_MS: '400' } });
    const { control } = stack.sandbox;
    control.setDeploymentOutcome('ERROR');
    control.setReceiver('caller', { statuses: [500, 500, 500, 204] });
    const running = stack;
    const { id } = await stack.provision({ callbackUrl: `${stack.sandbox.urls.control}/receiver/caller` });
    await stack.waitUntilDone(id);
    await until(
      () => typesOf(running).includes('provisioning.rolled_back') || undefined,
      'both callbacks',
      15_000,
    );
    expect(typesOf(running)).toEqual([
      'provisioning.failed',
      'provisioning.failed',
      'provisioning.failed',
      'provisioning.failed',
      'provisioning.rolled_back',
    ]);
  });

  test('a receiver that is gone is told nothing more, not even of what happens later', async () => {
    stack = await startStack({ backend });
    const { control } = stack.sandbox;
    control.setDeploymentOutcome('ERROR');
    control.setTiming({ projectRemovalMs: 1500 });
    control.setReceiver('caller', { status: 410 });
    const { pool } = stack;
    const { id } = await stack.provision({ callbackUrl: `${stack.sandbox.urls.control}/receiver/caller` });
    await stack.waitUntilDone(id);
    const { rows } = await pool.query('select type, state from ledger.callbacks order by sequence');
    expect(rows).toEqual([
      { type: 'provisioning.failed', state: 'stopped' },
      { type: 'provisioning.rolled_back', state: 'stopped' },
    ]);
    expect(typesOf(stack)).toEqual(['provisioning.failed']);
  });
});
