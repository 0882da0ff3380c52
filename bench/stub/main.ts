/** The providers, played in memory by a process of its own: things that have a name and an id. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { json } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { listenAnywhere, tellReady } from '../children/child-side.ts';
import type { StubReport } from './report.ts';

/** Things by id, and ids by name. */
const things = new Map<string, { readonly name: string; readonly madeAt: number }>();
const idsOf = new Map<string, Set<string>>();
let calls: StubReport['calls'] = [];
let latencyMs = 0;
let lastId = 0;

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

async function answer(request: IncomingMessage): Promise<Answer> {
  const { method, url = '/' } = request;
  const { pathname, searchParams } = new URL(url, 'http://stub');
  if (pathname === '/report')
    return { status: 200, body: { calls, left: Array.from(things.values(), ({ name }) => name) } };
  if (pathname === '/reset') {
    things.clear();
    idsOf.clear();
    calls = [];
    latencyMs = Number(searchParams.get('latencyMs'));
    return { status: 200, body: {} };
  }
  const body: unknown = method === 'POST' ? await json(request) : undefined;
  if (latencyMs > 0) await delay(latencyMs);
  if (method === 'POST') return create(z.object({ name: z.string() }).parse(body).name);
  const id = /^\/things\/(.+)$/.exec(pathname)?.[1];
  return id === undefined ? look(searchParams.get('name') ?? '') : readOrDelete(method, id);
}

function create(name: string): Answer {
  lastId += 1;
  const id = `thing-${lastId}`;
  things.set(id, { name, madeAt: performance.now() });
  const ids = idsOf.get(name) ?? new Set();
  idsOf.set(name, ids.add(id));
  calls.push({ verb: 'create', name });
  return { status: 201, body: { id, name } };
}

function look(name: string): Answer {
  calls.push({ verb: 'look', name });
  const ids = [...(idsOf.get(name) ?? [])];
  return { status: 200, body: ids.map((id) => ({ id, name })) };
}

function readOrDelete(method: string | undefined, id: string): Answer {
  const found = things.get(id);
  calls.push({ verb: method === 'DELETE' ? 'delete' : 'read', name: found?.name ?? id });
  if (found === undefined) return { status: 404, body: {} };
  const { name, madeAt } = found;
  if (method === 'DELETE') {
    things.delete(id);
    idsOf.get(name)?.delete(id);
  }
  return { status: 200, body: { id, name, ageMs: performance.now() - madeAt } };
}

async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { status, body } = await answer(request);
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

tellReady(await listenAnywhere(createServer((request, response) => void serve(request, response))));
