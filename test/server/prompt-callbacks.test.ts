/** What an operator's act tells the caller leaves at once: nobody waits for the sweeper. */
import { expect, onTestFinished, test, describe } from 'vitest';
import { backends, startStack, type ShownProvisioning } from '../helpers/stack.ts';
import { until } from '../helpers/until.ts';
import { post } from './support.ts';

describe.each(backends)('on %s', (backend) => {
  test('the callback of a cancellation leaves long before the next sweep', async () => {
    const stack = await startStack({ backend, environment: { SWEEP_INTERVAL_MS: '600000' } });
    onTestFinished(() => stack.stop());
    stack.sandbox.control.setTiming({ projectHealthyAfterMs: 600_000 });
    const callbackUrl = `${stack.sandbox.urls.control}/receiver/caller`;
    const { id } = await stack.provision({ callbackUrl });
    await until(async () => (await stack.show(id)).status === 'running' || undefined, 'it to run');
    expect((await post(stack, '', { path: `/api/provisioning/${id}/cancel` })).status).toBe(202);

    const [callback] = await until(() => {
      const received = stack.sandbox.control.receivedCallbacks('caller');
      return received.length > 0 ? received : undefined;
    }, 'the callback');
    const body = JSON.parse(callback?.body ?? '') as { type: string; data: ShownProvisioning };
    expect(body).toMatchObject({ type: 'provisioning.cancelled', data: { id } });
  });
});
