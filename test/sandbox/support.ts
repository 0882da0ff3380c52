import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import type { ProviderName, Sandbox, SandboxOptions } from '../../sandbox/sandbox.ts';
import { startTestSandbox } from '../helpers/sandbox.ts';

/** An answer, read to its end. */
export interface Reply {
  status: number;
  headers: Headers;
  text: string;
  /** Undefined when the text is not JSON. */
  body: unknown;
}

export interface CallOptions {
  body?: unknown;
  headers?: Record<string, string>;
  redirect?: 'manual' | 'follow';
  signal?: AbortSignal;
}

/** Calls one provider with its token: `call('POST /v1/projects', { body })`. */
export type Call = (operation: string, options?: CallOptions) => Promise<Reply>;

/** A sandbox with a caller for each provider. */
export interface TestSandbox extends Sandbox {
  supabase: Call;
  github: Call;
  vercel: Call;
  n8n: Call;
  variable(name: string): string;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** One request over HTTP. */
export async function request(url: string, method: string, options: CallOptions = {}): Promise<Reply> {
  const { body, headers, ...rest } = options;
  const hasBody = body !== undefined;
  const response = await fetch(url, {
    method,
    redirect: 'manual',
    headers: { ...(hasBody ? { 'content-type': 'application/json' } : {}), ...headers },
    ...(hasBody ? { body: typeof body === 'string' ? body : JSON.stringify(body) } : {}),
    ...rest,
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, body: parse(text) };
}

/** Starts a sandbox on the test run's Postgres. */
export async function openSandbox(options: Partial<SandboxOptions> = {}): Promise<TestSandbox> {
  const sandbox = await startTestSandbox(options);
  const variable = (name: string): string => {
    const value = sandbox.environment[name];
    if (value === undefined) throw new Error(`the sandbox's environment has no ${name}`);
    return value;
  };
  const caller = (provider: ProviderName, headers: Record<string, string>): Call => {
    return async (operation, options_ = {}) => {
      const [method = 'GET', path = '/'] = operation.split(' ');
      return request(sandbox.urls[provider] + path, method, {
        ...options_,
        headers: { ...headers, ...options_.headers },
      });
    };
  };
  return {
    ...sandbox,
    variable,
    supabase: caller('supabase', { authorization: `Bearer ${variable('SUPABASE_MANAGEMENT_TOKEN')}` }),
    github: caller('github', { authorization: `Bearer ${variable('GITHUB_TOKEN')}` }),
    vercel: caller('vercel', { authorization: `Bearer ${variable('VERCEL_TOKEN')}` }),
    n8n: caller('n8n', { 'x-n8n-api-key': variable('N8N_API_KEY') }),
  };
}

/** Asks until the answer is as wished; fails with the last one after ten seconds. */
export async function until<T>(ask: () => T | Promise<T>, isWished: (answer: T) => boolean): Promise<T> {
  const deadline = Date.now() + 10_000;
  for (;;) {
    const answer = await ask();
    if (isWished(answer)) return answer;
    if (Date.now() > deadline) throw new Error(`still not: ${JSON.stringify(answer)}`);
    await delay(5);
  }
}

/** A text field of a reply's body. */
export function field(reply: Reply, name: string): string {
  return String(z.record(z.string(), z.unknown()).parse(reply.body)[name]);
}

/** Asks until a field of the reply has the value. */
export const untilField = (ask: () => Promise<Reply>, name: string, value: string): Promise<Reply> =>
  until(ask, (reply) => reply.status < 300 && field(reply, name) === value);

/** Asks until the status is the one wished. */
export const untilStatus = (ask: () => Promise<Reply>, status: number): Promise<Reply> =>
  until(ask, (reply) => reply.status === status);

/** The body of a valid create request for a Supabase project. */
export const projectOrder = (sandbox: TestSandbox, name: string, password = 'a-long-password') => ({
  name,
  db_pass: password,
  organization_slug: sandbox.variable('SUPABASE_ORG_ID'),
  region_selection: { type: 'smartGroup', code: 'emea' },
});

/** Creates a Supabase project and waits until it is healthy and has its keys; answers its ref. */
export async function healthyProject(sandbox: TestSandbox, name: string): Promise<string> {
  const created = await sandbox.supabase('POST /v1/projects', { body: projectOrder(sandbox, name) });
  const ref = field(created, 'ref');
  await untilStatus(() => sandbox.supabase(`GET /v1/projects/${ref}/api-keys`), 200);
  return ref;
}

/** Generates a repository from the template; answers the reply. */
export function generate(sandbox: TestSandbox, name: string, more: object = {}): Promise<Reply> {
  const owner = sandbox.variable('GITHUB_ORG');
  return sandbox.github(`POST /repos/${owner}/${sandbox.variable('GITHUB_TEMPLATE_REPO')}/generate`, {
    body: { owner, name, private: true, ...more },
  });
}

/** `?teamId=…` for Vercel. */
export const team = (sandbox: TestSandbox, more = ''): string =>
  `?teamId=${sandbox.variable('VERCEL_TEAM_ID')}${more}`;

/** A repository, and a Vercel project linked to it once Vercel sees it; answers the project's reply. */
export async function linkedProject(sandbox: TestSandbox, name: string): Promise<Reply> {
  await generate(sandbox, name);
  return untilStatus(
    () =>
      sandbox.vercel(`POST /v11/projects${team(sandbox)}`, {
        body: { name, gitRepository: { type: 'github', repo: `${sandbox.variable('GITHUB_ORG')}/${name}` } },
      }),
    200,
  );
}

/** A workflow with a webhook that answers `{"ok":true}`. */
export const workflowOrder = (name: string, path: string) => ({
  name,
  nodes: [
    {
      id: 'webhook',
      name: 'Webhook',
      type: 'n8n-nodes-base.webhook',
      typeVersion: 2.1,
      position: [250, 300],
      webhookId: '5f1c2f0e-6a4e-4a55-9d0b-0f3a3f7f1d11',
      parameters: { httpMethod: 'POST', path, responseMode: 'responseNode', options: {} },
    },
    {
      id: 'response',
      name: 'Response',
      type: 'n8n-nodes-base.respondToWebhook',
      typeVersion: 1.5,
      position: [500, 300],
      parameters: { respondWith: 'json', responseBody: '{"ok":true}', options: { responseCode: 202 } },
    },
  ],
  connections: { Webhook: { main: [[{ node: 'Response', type: 'main', index: 0 }]] } },
  settings: { executionOrder: 'v1' },
});

/** Creates a workflow; answers its id. */
export async function createWorkflow(sandbox: TestSandbox, name: string, path: string): Promise<string> {
  const created = await sandbox.n8n('POST /api/v1/workflows', { body: workflowOrder(name, path) });
  return field(created, 'id');
}
