import { once } from 'node:events';
import { createServer } from 'node:net';
import { freePort } from '../local/free-port.ts';
import { host } from './environment.ts';

/** The preferred port when nobody listens on it, else any free one. */
export async function choosePort(preferred: number): Promise<number> {
  const probe = createServer();
  try {
    probe.listen(preferred, host);
    await once(probe, 'listening');
  } catch {
    return freePort();
  }
  probe.close();
  await once(probe, 'close');
  return preferred;
}
