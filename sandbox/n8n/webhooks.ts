import { json, parameter, type Answer, type Operation, type ProviderRequest } from '../exchange.ts';
import type { World } from '../world.ts';
import type { N8nState, Workflow } from './state.ts';

const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD'];

function notRegistered(method: string, path: string, registered: string[]): Answer {
  const [other] = registered;
  if (other !== undefined) {
    return json(404, {
      code: 404,
      message: `This webhook is not registered for ${method} requests. Did you mean to make a ${other} request?`,
    });
  }
  return json(404, {
    code: 404,
    message: `The requested webhook "${method} ${path}" is not registered.`,
    hint: "The workflow must be active for a production URL to run successfully. You can activate the workflow using the toggle in the top-right of the editor. Note that unlike test URL calls, production URL calls aren't shown on the canvas (only in the executions list)",
  });
}

function numberIn(value: unknown, key: string, fallback: number): number {
  if (typeof value !== 'object' || value === null) return fallback;
  const found: unknown = Reflect.get(value, key);
  return typeof found === 'number' ? found : fallback;
}

/** The answer of a respond node to a request. */
function respond(workflow: Workflow, request: ProviderRequest): Answer {
  const webhook = workflow.nodes.find(({ type }) => type === 'n8n-nodes-base.webhook');
  if (webhook?.parameters?.responseMode !== 'responseNode') {
    return json(200, { message: 'Workflow was started' });
  }
  const node = workflow.nodes.find(({ type }) => type === 'n8n-nodes-base.respondToWebhook');
  if (node === undefined) {
    if ((webhook.typeVersion ?? 1) < 2) return { status: 200 };
    return json(500, { code: 0, message: 'No Respond to Webhook node found in the workflow' });
  }
  if (node.typeVersion === undefined) return json(500, { message: 'Error in workflow' });
  const { respondWith, responseBody, options } = node.parameters ?? {};
  const status = numberIn(options, 'responseCode', 200);
  if (respondWith === 'noData') return { status };
  if (respondWith === 'json' && typeof responseBody === 'string') {
    return { status, text: responseBody, headers: { 'content-type': 'application/json; charset=utf-8' } };
  }
  if (respondWith === 'text' && typeof responseBody === 'string') return { status, text: responseBody };
  // Without a choice it answers the first incoming item, the caller's headers included.
  return json(status, { headers: request.headers, params: {}, query: {}, body: request.body ?? {} });
}

/** A request that names an origin is told the methods that the path has; nobody's workflow runs. */
function methodsAnswer(request: ProviderRequest, state: N8nState): Answer {
  const path = parameter(request, 'path').replace(/\/$/, '');
  if (request.headers.origin === undefined) return { status: 204 };
  const methodsOfPath = ['OPTIONS', ...state.registrations.methodsOf(path)].join(', ');
  return { status: 204, headers: { 'access-control-allow-methods': methodsOfPath } };
}

/** The production webhooks: no token, and a 404 that tells a missing path from a wrong method. */
export function webhookOperations(world: World, state: N8nState): Operation[] {
  const shared = {
    name: 'probeWebhook',
    path: `/${world.n8n.webhookPath}/:path+`,
    isOpen: true,
    acceptsAnyBody: true,
  };
  const options: Operation = {
    ...shared,
    method: 'OPTIONS',
    handle: (request) => methodsAnswer(request, state),
  };
  const others = methods.map((method): Operation => ({
    ...shared,
    method,
    handle(request) {
      const path = parameter(request, 'path').replace(/\/$/, '');
      const workflow = state.registrations.ownerOf(path, method);
      if (workflow === undefined) return notRegistered(method, path, state.registrations.methodsOf(path));
      if (request.isMalformed && request.headers['content-type']?.includes('json') === true) {
        return json(422, { code: 422, message: 'Failed to parse request body' });
      }
      workflow.executions += 1;
      return respond(workflow, request);
    },
  }));
  return [options, ...others];
}
