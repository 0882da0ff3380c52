import type { IncomingMessage, ServerResponse } from 'node:http';
import { finished } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { deliver } from './deliver.ts';
import type { Answer, Provider, ProviderRequest } from './exchange.ts';
import { planFor, type Delivery, type FaultPlan } from './fault-plan.ts';
import type { Fault, FaultRegistry } from './faults.ts';
import type { Journal } from './journal.ts';
import { redact } from './redact.ts';
import { createRouter, type Route } from './routing.ts';
import type { World } from './world.ts';

/** What all four providers share. */
export interface Recording {
  faults: FaultRegistry;
  journal: Journal;
  log(message: string): void;
}

/** The whole body of a request as text. */
export async function readText(message: IncomingMessage): Promise<string> {
  const chunks: Uint8Array[] = [];
  message.on('data', (chunk: Uint8Array) => chunks.push(chunk));
  await finished(message);
  return Buffer.concat(chunks).toString('utf8');
}

function parse(text: string): { body: unknown; isMalformed: boolean } {
  if (text === '') return { body: undefined, isMalformed: false };
  try {
    return { body: JSON.parse(text), isMalformed: false };
  } catch {
    return { body: undefined, isMalformed: true };
  }
}

/** The query of somebody who asks for the first page. */
function withoutPosition(query: URLSearchParams): URLSearchParams {
  const first = new URLSearchParams(query);
  for (const name of ['from', 'until', 'page', 'offset', 'cursor']) first.delete(name);
  return first;
}

function outcomeOf(delivery: Delivery): 'answered' | 'dropped' | 'hung' {
  if (delivery.kind === 'drop') return 'dropped';
  return delivery.kind === 'hang' ? 'hung' : 'answered';
}

function statusOf(delivery: Delivery, answer: Answer | undefined): number | undefined {
  if (delivery.kind === 'replace') return delivery.answer.status;
  if (delivery.kind === 'huge') return 200;
  return delivery.kind === 'normal' ? answer?.status : undefined;
}

/** Everything about one request that the journal is told. */
interface Exchanged {
  request: ProviderRequest;
  url: URL;
  operation: string;
  receivedAt: string;
  fault: Fault | undefined;
  plan: FaultPlan;
  answer: Answer | undefined;
}

/**
 * The request listener of one provider. Faults are met here, for all providers and operations
 * alike: a handler computes its effect and its answer, this decides whether it is asked at all
 * and what the caller gets to see.
 */
export function createListener(provider: Provider, world: World, recording: Recording) {
  const router = createRouter(provider.operations);

  async function answerFor(request: ProviderRequest, route: Route | undefined): Promise<Answer> {
    const early = provider.intercept?.(request);
    if (early !== undefined) return early;
    if (route?.operation.isOpen !== true) {
      const refusal = provider.authorize(request);
      if (refusal !== undefined) return refusal;
    }
    if (route === undefined) return provider.unknownRoute(request, router.methods(request.path));
    if (request.isMalformed && route.operation.acceptsAnyBody !== true)
      return provider.malformedBody(request);
    return route.operation.handle(request);
  }

  function note(
    { request, url, operation, receivedAt, fault, plan, answer }: Exchanged,
    wasLeft: boolean,
  ): void {
    const effect = answer?.effect;
    const outcome = wasLeft ? 'dropped' : outcomeOf(plan.delivery);
    recording.journal.add({
      receivedAt,
      provider: provider.name,
      operation,
      method: request.method,
      path: url.pathname + url.search,
      requestBody: request.isMalformed ? request.text : redact(request.body),
      status: outcome === 'answered' ? statusOf(plan.delivery, answer) : undefined,
      outcome,
      ...(fault === undefined ? {} : { fault: fault.mode }),
      effect: effect?.kind ?? 'none',
      ...(effect === undefined ? {} : { objectKind: effect.objectKind, objectId: effect.objectId }),
    });
  }

  async function exchange(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const receivedAt = new Date().toISOString();
    const text = await readText(message);
    const url = new URL(message.url ?? '/', 'http://sandbox');
    const method = message.method ?? 'GET';
    const route = router.match(method, url.pathname);
    const operation = route?.operation.name ?? 'unknown';
    const request: ProviderRequest = {
      method,
      path: url.pathname,
      query: world.switches.repeating.has(provider.name)
        ? withoutPosition(url.searchParams)
        : url.searchParams,
      parameters: route?.parameters ?? {},
      headers: message.headers,
      ...parse(text),
      text,
      view: { hiddenSince: Infinity },
    };
    const fault = recording.faults.take(provider.name, operation, request);
    if (fault?.delayMs !== undefined && fault.mode !== 'stale-read') await delay(fault.delayMs);
    const plan = planFor(fault, provider, `${world.urls.control}/receiver/elsewhere`);
    const lagMs = Math.max(world.switches.readLagMs.get(provider.name) ?? 0, plan.hiddenMs ?? 0);
    // Lag is about reading: what a request changes is judged by the truth.
    if (lagMs > 0 && method === 'GET') request.view = { hiddenSince: Date.now() - lagMs };
    const answer = plan.acts ? await answerFor(request, route) : undefined;
    // A caller that gave up meanwhile is not answered, whatever has been done for it.
    note({ request, url, operation, receivedAt, fault, plan, answer }, response.destroyed);
    await deliver(response, plan.delivery, answer, provider.headers(request));
  }

  return (message: IncomingMessage, response: ServerResponse): void => {
    exchange(message, response).catch((error: unknown) => {
      if (message.destroyed && !message.complete) return;
      recording.log(`sandbox ${provider.name}: ${error instanceof Error ? error.stack : String(error)}`);
      if (!response.headersSent) response.writeHead(500);
      response.end();
    });
  };
}
