import { once } from 'node:events';
import { connect, type AddressInfo } from 'node:net';
import express, { type ErrorRequestHandler } from 'express';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Caller } from '../../src/server/auth/caller.ts';
import { mount } from '../../src/server/mount.ts';
import type { Problem } from '../../src/server/problem.ts';
import { eventRoutes } from '../../src/server/routes/events.ts';
import { startStack, type Stack } from '../helpers/stack.ts';
import { until } from '../helpers/until.ts';
import { depsOf, problemOf, unknownId } from './support.ts';

interface ShownEvent {
  sequence: number;
  type: string;
  at: string;
  data: Record<string, unknown>;
}
interface Page {
  items: ShownEvent[];
  nextCursor: string | null;
}

let stack: Stack;
beforeAll(async () => {
  stack = await startStack({ backend: 'redis' });
});
beforeEach(() => stack.sandbox.control.reset());
afterAll(() => stack?.stop());

const list = async (id: string, query = '') =>
  (await (await stack.call(`/api/provisioning/${id}/events${query}`)).json()) as Page;

async function provisionToTheEnd(): Promise<string> {
  const { id } = await stack.provision();
  await stack.waitUntilDone(id);
  return id;
}

/** One open stream: what it said so far, and how it ends. */
function openStream(id: string, headers: Record<string, string> = {}) {
  const controller = new AbortController();
  const stream = {
    text: '',
    isEnded: false,
    close: () => controller.abort(),
    opened: Promise.resolve(new Response()),
  };
  stream.opened = stack.call(`/api/provisioning/${id}/events`, {
    headers: { accept: 'text/event-stream', ...headers },
    signal: controller.signal,
  });
  const read = async () => {
    const { body } = await stream.opened;
    const decoder = new TextDecoder();
    for await (const chunk of body ?? [])
      stream.text += decoder.decode(chunk as Uint8Array, { stream: true });
    stream.isEnded = true;
  };
  read().catch(() => {});
  return stream;
}
const eventsOf = (text: string) =>
  [...text.matchAll(/^id: (\d+)\ndata: (.*)\n\n/gm)].map(([, id, data]) => ({
    id: Number(id),
    event: JSON.parse(data ?? '') as ShownEvent,
  }));

describe('as JSON', () => {
  test('the whole history is there, numbered from 1 without gaps, and says who asked', async () => {
    const { items, nextCursor } = await list(await provisionToTheEnd(), '?limit=500');
    expect(items.map(({ sequence }) => sequence)).toEqual(items.map((_, index) => index + 1));
    expect(items[0]).toMatchObject({ type: 'provisioning.accepted', data: { by: 'admin-key' } });
    expect(items.at(-1)?.type).toBe('provisioning.succeeded');
    expect(nextCursor).toBeNull();
  });

  test('pages follow each other without gap or repetition', async () => {
    const id = await provisionToTheEnd();
    const { items } = await list(id, '?limit=500');
    const paged: ShownEvent[] = [];
    let cursor: string | null = '0';
    while (cursor !== null) {
      const page: Page = await list(id, `?limit=7&cursor=${cursor}`);
      expect(page.items.length).toBeLessThanOrEqual(7);
      paged.push(...page.items);
      cursor = page.nextCursor;
    }
    expect(paged).toEqual(items);
  });

  test.each(['?limit=0', '?limit=501', '?limit=x', '?cursor=-1', '?cursor=x', '?order=asc'])(
    '%s is 400',
    async (query) => {
      const { id } = await stack.provision();
      const response = await stack.call(`/api/provisioning/${id}/events${query}`);
      expect(response.status).toBe(400);
      expect((await problemOf(response)).errors).toHaveLength(1);
    },
  );

  test.each([unknownId, 'nonsense'])('of a provisioning that is not there it is 404: %s', async (id) => {
    for (const accept of ['application/json', 'text/event-stream']) {
      const response = await stack.call(`/api/provisioning/${id}/events`, { headers: { accept } });
      expect(response.status).toBe(404);
    }
  });
});

describe('as a stream', () => {
  test('each event comes once, in order, while it happens, and the stream ends after the last', async () => {
    const { id } = await stack.provision();
    const stream = openStream(id);
    const response = await stream.opened;
    expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/);
    expect(response.headers.get('x-accel-buffering')).toBe('no');
    expect(response.headers.get('cache-control')).toContain('no-store');
    await until(
      () => stream.text.includes('"type":"step.started"') || undefined,
      'the first step to be told while it runs',
    );
    expect(stream.isEnded).toBe(false);

    await until(() => stream.isEnded || undefined, 'the stream to end');
    const told = eventsOf(stream.text);
    const { items } = await list(id, '?limit=500');
    expect(told.map(({ event }) => event)).toEqual(items);
    expect(told.map(({ id: sequence }) => sequence)).toEqual(items.map(({ sequence }) => sequence));
    expect(items.at(-1)?.type).toBe('provisioning.succeeded');
  });

  test('goes on after Last-Event-ID', async () => {
    const id = await provisionToTheEnd();
    const { items } = await list(id, '?limit=500');
    const stream = openStream(id, { 'last-event-id': '5' });
    await until(() => stream.isEnded || undefined, 'the stream to end');
    expect(eventsOf(stream.text).map(({ event }) => event)).toEqual(items.slice(5));
  });

  test('a reader that has everything of what is done is told to stay away', async () => {
    const id = await provisionToTheEnd();
    const { items } = await list(id, '?limit=500');
    const response = await stack.call(`/api/provisioning/${id}/events`, {
      headers: { accept: 'text/event-stream', 'last-event-id': String(items.length) },
    });
    expect(response.status).toBe(204);
  });

  test('a Last-Event-ID that is none is 400', async () => {
    const { id } = await stack.provision();
    const response = await stack.call(`/api/provisioning/${id}/events`, {
      headers: { accept: 'text/event-stream', 'last-event-id': 'x' },
    });
    expect(response.status).toBe(400);
  });

  test('two hundred at once are all told everything', async () => {
    const { id } = await stack.provision();
    const streams = Array.from({ length: 200 }, () => openStream(id));
    try {
      await until(() => streams.every(({ isEnded }) => isEnded) || undefined, 'all streams to end');
    } finally {
      for (const { close } of streams) close();
    }
    const { items } = await list(id, '?limit=500');
    for (const { text } of streams) expect(eventsOf(text).map(({ event }) => event)).toEqual(items);
  });

  test('a reader that reads nothing holds up no other', async () => {
    const { id } = await stack.provision();
    const { hostname, port } = new URL(stack.server.url);
    const socket = connect(Number(port), hostname);
    await once(socket, 'connect');
    socket.pause();
    socket.write(
      `GET /api/provisioning/${id}/events HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n` +
        `Authorization: Bearer ${stack.environment['ADMIN_API_KEY']}\r\n\r\n`,
    );
    const stream = openStream(id);
    await until(() => stream.isEnded || undefined, 'the other stream to end');
    socket.destroy();
    expect(eventsOf(stream.text).at(-1)?.event.type).toBe('provisioning.succeeded');
  });

  test('a HEAD opens none', async () => {
    const { id } = await stack.provision();
    const response = await stack.call(`/api/provisioning/${id}/events`, {
      method: 'HEAD',
      headers: { accept: 'text/event-stream' },
    });
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toMatch(/^application\/json/);
  });

  test('one more than a process holds is told to come again', async () => {
    const { id } = await stack.provision();
    const app = express();
    const caller: Caller = { by: 'admin-key', role: 'admin', stillCounts: async () => true };
    app.use(
      mount(eventRoutes(depsOf(stack), 2), {
        identify: async () => caller,
        limitRate: async () => ({}),
        requireDatabase: (_request, _response, next) => next(),
      }),
    );
    app.use(((error: Problem, _request, response, _next) => {
      response.status(error.status).set(error.headers).json({ code: error.code });
    }) satisfies ErrorRequestHandler);
    const server = app.listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/provisioning/${id}/events`;
      const ask = () => fetch(url, { headers: { accept: 'text/event-stream' } });
      const open = [await ask(), await ask()];
      expect(open.map(({ status }) => status)).toEqual([200, 200]);
      const refused = await ask();
      expect(refused.status).toBe(503);
      expect(refused.headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
      expect(await refused.json()).toMatchObject({ code: 'too-many-streams' });
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });
});

test('a server that stops ends its streams', async () => {
  const own = await startStack({ backend: 'redis', workers: 0 });
  try {
    const { id } = await own.provision();
    const { body } = await own.call(`/api/provisioning/${id}/events`, {
      headers: { accept: 'text/event-stream' },
    });
    const reader = body?.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    while (!text.includes('id: 1\n')) text += (await reader?.read())?.value ?? '';
    const [end] = await Promise.all([reader?.read(), own.server.stop()]);
    expect(end).toMatchObject({ done: true });
  } finally {
    await own.stop().catch(() => {});
  }
});
