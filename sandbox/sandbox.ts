import { createControl, type SandboxControl } from './control/control.ts';
import type { ProviderStates } from './control/objects.ts';
import { createReceivers } from './control/receivers.ts';
import { createControlListener } from './control/server.ts';
import { environmentOf } from './environment.ts';
import { providerNames, type Provider, type ProviderName } from './exchange.ts';
import { createFaultRegistry } from './faults.ts';
import { githubProvider } from './github/provider.ts';
import { createGithubState } from './github/state.ts';
import { createJournal } from './journal.ts';
import { listen, type Listening } from './listen.ts';
import { n8nProvider } from './n8n/provider.ts';
import { createN8nState } from './n8n/state.ts';
import { newestN8n, type N8nVersion } from './n8n/version.ts';
import { createListener, type Recording } from './serve.ts';
import { openCluster } from './supabase/cluster.ts';
import { startPooler } from './supabase/pooler.ts';
import { supabaseProvider } from './supabase/provider.ts';
import { createSupabaseState } from './supabase/state.ts';
import { fastTiming, type SandboxTiming } from './timing.ts';
import { vercelProvider } from './vercel/provider.ts';
import { createVercelState } from './vercel/state.ts';
import { createWorld, type World } from './world.ts';

export type { SandboxControl } from './control/control.ts';
export type { ProviderName } from './exchange.ts';
export type { FaultMode, FaultRequest } from './faults.ts';
export { cheapestCopy, createProjectTemplate } from './supabase/cluster.ts';
export { sandboxExtensions } from './supabase/extensions.ts';
export { fastTiming, realisticTiming, type SandboxTiming } from './timing.ts';

/** How to start a sandbox. */
export interface SandboxOptions {
  /** A superuser's URL of a Postgres server, version 15 or newer; several sandboxes can share one. */
  postgresUrl: string;
  /** Default `127.0.0.1`. */
  host?: string;
  /** Default 0 for each: any free port. */
  ports?: Partial<Record<ProviderName | 'control', number>>;
  /** What differs from `fastTiming`. */
  timing?: Partial<SandboxTiming>;
  /** Which generation of n8n; default: the newest. */
  n8n?: N8nVersion;
  /** What n8n calls its production webhooks; default `webhook`. */
  n8nWebhookPath?: string;
  /** Whether Supabase projects have only the two legacy keys. Default false. */
  legacyKeysOnly?: boolean;
  /**
   * Whether new objects of `public` are granted to anon, authenticated and service_role at once, as in projects made
   * before 2026-05-30. Default false.
   */
  automaticGrants?: boolean;
  /** A database made by `createProjectTemplate` that Supabase projects are copies of. Default: one of its own. */
  projectTemplate?: string;
  /** Drops databases that sandboxes killed earlier have left on the server. Default false. */
  removesLeftovers?: boolean;
  /** Told of what goes wrong inside; default: nobody. */
  log?: (message: string) => void;
}

/** A running sandbox. */
export interface Sandbox {
  urls: Record<ProviderName | 'control', string>;
  /** What a provisioner's environment needs to use it. */
  environment: Record<string, string>;
  control: SandboxControl;
  /** Ends all servers and drops all databases. */
  stop(): Promise<void>;
}

function createProviders(world: World, states: ProviderStates): Record<ProviderName, Provider> {
  return {
    supabase: supabaseProvider(world, states.supabase),
    github: githubProvider(world, states.github),
    vercel: vercelProvider(world, states.vercel, states.github),
    n8n: n8nProvider(world, states.n8n),
  };
}

/** Starts the four providers and the control, each as a server of its own. */
export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  const { postgresUrl, host = '127.0.0.1', ports = {}, log = () => {} } = options;
  const timing = { ...fastTiming, ...options.timing };
  const n8n = { version: options.n8n ?? newestN8n, webhookPath: options.n8nWebhookPath ?? 'webhook' };
  const world = createWorld(timing, n8n, options.legacyKeysOnly ?? false);
  const cluster = await openCluster(postgresUrl, world.instance, {
    removesLeftovers: options.removesLeftovers ?? false,
    automaticGrants: options.automaticGrants ?? false,
    template: options.projectTemplate,
  });
  const states: ProviderStates = {
    supabase: createSupabaseState(world, cluster, log),
    github: createGithubState(world),
    vercel: createVercelState(world),
    n8n: createN8nState(world),
  };
  const recording: Recording = { faults: createFaultRegistry(), journal: createJournal(), log };
  const receivers = createReceivers();
  const listening = new Map<ProviderName, Listening>();
  const control = createControl({ world, states, receivers, listening, ...recording });
  const servers: Pick<Listening, 'close'>[] = [];

  async function stop(): Promise<void> {
    await Promise.all(servers.map((server) => server.close()));
    await states.supabase.clear();
    await cluster.close();
  }
  try {
    const providers = createProviders(world, states);
    const pooler = await startPooler({
      host,
      server: cluster,
      routeOf(user) {
        const route = states.supabase.routeOf(user);
        const refusal = 'refusal' in route ? undefined : recording.faults.takeConnection(user);
        return refusal === undefined ? route : { refusal };
      },
    });
    servers.push(pooler);
    world.pooler = { host, port: pooler.port };
    for (const name of providerNames) {
      const server = await listen(createListener(providers[name], world, recording), host, ports[name] ?? 0);
      servers.push(server);
      listening.set(name, server);
      world.urls[name] = server.url;
    }
    const server = await listen(createControlListener(control, receivers), host, ports.control ?? 0);
    servers.push(server);
    world.urls.control = server.url;
  } catch (error) {
    await stop();
    throw error;
  }
  return { urls: { ...world.urls }, environment: environmentOf(world), control, stop };
}
