/** Follows a provisioning until it rests: its stream tells at once, and polling does where there is no stream. */
import { setTimeout as delay } from 'node:timers/promises';
import { EventSourceParserStream } from 'eventsource-parser/stream';
import { eventPage, eventShown, type ShownEvent, type ShownProvisioning } from '../api/answers.ts';
import type { Answer, Api } from '../api/client.ts';
import { showProvisioning } from '../clients.ts';
import { read } from '../context.ts';
import { isAtRest } from './outcome.ts';

export interface Glimpse {
  readonly shown: ShownProvisioning;
  readonly answer: Answer;
  /** The events since the glimpse before. */
  readonly events: readonly ShownEvent[];
}

export interface FollowOptions {
  readonly signal: AbortSignal;
  /** How often it is looked at when no event comes: what a step waits for is no event. Default 2 s. */
  readonly pollMs?: number;
  /** Events up to this one are known already. */
  readonly after?: number;
}

/** One glimpse at once, one after each change, and the last one when it rests. */
export async function* follow(api: Api, id: string, options: FollowOptions): AsyncGenerator<Glimpse> {
  const { pollMs = 2000, after = 0 } = options;
  const ended = new AbortController();
  const signal = AbortSignal.any([options.signal, ended.signal]);
  const wakeUps = openWakeUps();
  const path = `/api/provisioning/${id}/events`;
  const streaming = keepStreaming(api, path, after, {
    signal,
    onEvent: () => wakeUps.wake(),
    pauseMs: pollMs,
  });
  let seen = after;
  try {
    for (;;) {
      // Asked before the events: what comes between the two is told the next time, and never left out.
      const { shown, answer } = await showProvisioning(api, id);
      const events = await readEvents(api, path, seen);
      seen = events.at(-1)?.sequence ?? seen;
      yield { shown, answer, events };
      if (isAtRest(shown)) return;
      await wakeUps.next(pollMs, signal);
    }
  } finally {
    ended.abort();
    await streaming;
  }
}

async function readEvents(api: Api, path: string, after: number): Promise<ShownEvent[]> {
  const events: ShownEvent[] = [];
  for (let cursor = String(after); ;) {
    const page = read(eventPage, await api.call({ path: `${path}?cursor=${cursor}&limit=500` }));
    events.push(...page.items);
    if (page.nextCursor === null) return events;
    cursor = page.nextCursor;
  }
}

interface Streaming {
  readonly signal: AbortSignal;
  readonly onEvent: () => void;
  readonly pauseMs: number;
}

/** Opens the stream, and again whenever it breaks off. Never throws: without it there is still the polling. */
async function keepStreaming(
  api: Api,
  path: string,
  after: number,
  { signal, onEvent, pauseMs }: Streaming,
): Promise<void> {
  let last = after;
  while (!signal.aborted)
    try {
      const stream = await api.stream(path, last, signal);
      const messages = stream
        ?.pipeThrough(new TextDecoderStream())
        .pipeThrough(new EventSourceParserStream());
      for await (const { data } of messages ?? []) {
        last = eventShown.parse(JSON.parse(data)).sequence;
        onEvent();
      }
      await delay(pauseMs, undefined, { signal });
    } catch {
      await delay(pauseMs, undefined, { signal }).catch(() => {});
    }
}

/** A sleep that an event ends. One that came before the sleep ends it too. */
function openWakeUps() {
  let hasCome = false;
  let end = () => {};
  return {
    wake() {
      hasCome = true;
      end();
    },
    async next(longestMs: number, signal: AbortSignal): Promise<void> {
      if (!hasCome) {
        const awake = new AbortController();
        end = () => awake.abort();
        await delay(longestMs, undefined, { signal: AbortSignal.any([signal, awake.signal]) }).catch(
          () => {},
        );
        signal.throwIfAborted();
      }
      hasCome = false;
    },
  };
}
