/** One Server-Sent Events stream: from a sequence to the last event of a provisioning. */
import type { Response } from 'express';
import { presentEvent } from '../../api/present.ts';
import type { EventRow } from '../../ledger/events.ts';
import type { EventHub, Listener } from './hub.ts';

export interface StreamOptions {
  readonly hub: EventHub;
  readonly provisioningId: string;
  /** The sequence that the reader has seen already. */
  readonly after: number;
  readonly heartbeatMs: number;
  /** Asked at each heartbeat: whether the reader may still read. */
  mayRead(): Promise<boolean>;
  /** Aborted when the process stops. */
  readonly stopping: AbortSignal;
}

/** Writes until the last event, or until the reader or the process goes away. */
export function streamEvents(response: Response, options: StreamOptions): void {
  const { hub, stopping } = options;
  // The reader has left while we were looking: nothing tells of that any more.
  if (response.destroyed || response.writableEnded) return;
  response.status(200).set({
    'Content-Type': 'text/event-stream; charset=utf-8',
    // Proxies that buffer would hold events back.
    'X-Accel-Buffering': 'no',
  });
  response.flushHeaders();
  response.socket?.setNoDelay(true);
  let isReady = response.write('retry: 3000\n\n');
  const end = () => response.end();
  const beat = async () => {
    // While nobody can tell there is nothing to be read either.
    if (!(await options.mayRead().catch(() => true))) end();
    else if (isReady && !response.writableEnded) isReady = response.write(': still here\n\n');
  };
  const heartbeat = setInterval(() => void beat(), options.heartbeatMs);
  const listener: Listener = {
    provisioningId: options.provisioningId,
    position: options.after,
    isReady: () => isReady,
    give(events) {
      isReady = response.write(events.map(asMessage).join(''));
    },
    end,
  };
  response.on('drain', () => {
    isReady = true;
  });
  // Where the reader is gone there is nobody to tell.
  response.on('error', () => {});
  response.on('close', () => {
    clearInterval(heartbeat);
    stopping.removeEventListener('abort', end);
    hub.remove(listener);
  });
  stopping.addEventListener('abort', end);
  hub.add(listener);
  if (stopping.aborted) end();
}

/** JSON has no line breaks of its own, so one line of data is one event. */
function asMessage(event: EventRow): string {
  return `id: ${event.sequence}\ndata: ${JSON.stringify(presentEvent(event))}\n\n`;
}
