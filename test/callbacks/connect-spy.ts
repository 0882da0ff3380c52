import { createHook } from 'node:async_hooks';
import { onTestFinished } from 'vitest';

/**
 * Sees each TCP connection that this process tries to make during the test, whoever makes it and wherever it leads.
 *
 * Node makes one such object for every call of `connect`, below all libraries, before the system is asked.
 */
export function spyOnConnections(): { addresses(): string[] } {
  const attempts: object[] = [];
  const hook = createHook({
    init(_id, type, _trigger, attempt) {
      if (type === 'TCPCONNECTWRAP') attempts.push(attempt);
    },
  }).enable();
  onTestFinished(() => void hook.disable());
  return {
    addresses: () =>
      attempts.map((attempt) => ('address' in attempt ? String(attempt.address) : 'somewhere')),
  };
}
