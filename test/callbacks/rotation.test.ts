import { randomBytes } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { afterEach, expect, test } from 'vitest';
import { backends, startStack, type Stack } from '../helpers/stack.ts';
import { until } from '../helpers/until.ts';
import { quickStep } from './quick-step.ts';

let stack: Stack | undefined;
afterEach(() => stack?.stop());

test.each(backends)(
  'on %s, while secrets are rotated, receivers with the old and with the new one verify every attempt',
  async (backend) => {
    const [newer, older] = [1, 2].map(() => `whsec_${randomBytes(32).toString('base64')}`);
    stack = await startStack({
      backend,
      steps: [quickStep],
      environment: { WEBHOOK_SIGNING_SECRET: `${newer}, ${older}` },
    });
    const { control } = stack.sandbox;
    control.setReceiver('caller', { statuses: [500, 204] });
    await stack.provision({ callbackUrl: `${stack.sandbox.urls.control}/receiver/caller` });

    const attempts = await until(() => {
      const received = control.receivedCallbacks('caller');
      return received.length === 2 ? received : undefined;
    }, 'two attempts');

    for (const { body, headers } of attempts)
      for (const secret of [newer, older])
        expect(new Webhook(secret ?? '').verify(body, headers)).toMatchObject({
          type: 'provisioning.succeeded',
        });
  },
);
