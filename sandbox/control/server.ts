import type { IncomingMessage, ServerResponse } from 'node:http';
import { z } from 'zod';
import { send } from '../deliver.ts';
import { readText } from '../serve.ts';
import type { SandboxControl } from './control.ts';
import type { Receivers } from './receivers.ts';
import { verbs, type Verb } from './verbs.ts';

function documentation() {
  return {
    usage:
      'POST /<verb> with a JSON body, or GET /<verb>?name=value for reading. /receiver/<name> takes callbacks.',
    verbs: verbs.map(({ name, description, schema }) => ({
      name,
      description,
      body: z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }),
    })),
  };
}

async function receive(
  name: string,
  message: IncomingMessage,
  response: ServerResponse,
  receivers: Receivers,
): Promise<void> {
  const { status, location } = await receivers.receive({
    name,
    method: message.method ?? 'GET',
    headers: Object.fromEntries(
      Object.entries(message.headers).map(([key, value]) => [key, [value ?? ''].flat().join(', ')]),
    ),
    body: await readText(message),
  });
  send(response, { status, ...(location === undefined ? {} : { headers: { location } }) });
}

async function runVerb(
  verb: Verb,
  message: IncomingMessage,
  query: URLSearchParams,
  control: SandboxControl,
): Promise<unknown> {
  const text = await readText(message);
  const body: unknown = text === '' ? Object.fromEntries(query) : JSON.parse(text);
  return verb.run(control, body);
}

/** Serves the control's verbs as JSON, and receives callbacks. */
export function createControlListener(control: SandboxControl, receivers: Receivers) {
  async function answer(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(message.url ?? '/', 'http://sandbox');
    const [, first = '', ...rest] = url.pathname.split('/');
    if (first === '') return send(response, { status: 200, body: documentation() });
    if (first === 'receiver') return receive(rest.join('/'), message, response, receivers);
    const verb = verbs.find(({ name }) => name === first);
    if (verb === undefined) {
      return send(response, { status: 404, body: { message: `no verb ${first}; see GET /` } });
    }
    const result = await runVerb(verb, message, url.searchParams, control);
    send(response, result === undefined ? { status: 204 } : { status: 200, body: result });
  }
  return (message: IncomingMessage, response: ServerResponse): void => {
    answer(message, response).catch((error: unknown) => {
      const problem = error instanceof z.ZodError ? z.prettifyError(error) : String(error);
      if (!response.headersSent) send(response, { status: 400, body: { message: problem } });
      else response.destroy();
    });
  };
}
