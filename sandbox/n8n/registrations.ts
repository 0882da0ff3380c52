import type { Store } from '../store.ts';
import type { World } from '../world.ts';
import type { Workflow } from './state.ts';

/** Where a published webhook is served. */
export interface Registration {
  method: string;
  /** Below `/webhook/`. */
  path: string;
  state: 'pending' | 'registered' | 'failed';
  /** Since when it is pending, or, if it is ending, since when that. */
  since: number;
  isEnding: boolean;
}

/** The addresses that a workflow's webhooks ask for. A nameless webhook's address starts with its workflow. */
export function webhooksOf(workflow: Workflow): { node: string; method: string; path: string }[] {
  return workflow.nodes
    .filter(({ type, disabled }) => type === 'n8n-nodes-base.webhook' && disabled !== true)
    .map(({ parameters = {}, webhookId, name = '' }) => {
      const path = typeof parameters.path === 'string' ? parameters.path.replaceAll(/^\/+|\/+$/g, '') : '';
      const isDynamic = path.split('/').some((segment) => segment.startsWith(':'));
      const prefix =
        webhookId === undefined ? `${workflow.id}/${encodeURIComponent(name.toLowerCase())}/` : '';
      return {
        node: name,
        method: typeof parameters.httpMethod === 'string' ? parameters.httpMethod : 'GET',
        path: isDynamic ? `${webhookId ?? workflow.id}/${path}` : `${prefix}${path}`,
      };
    })
    .filter(({ path }) => path !== '');
}

/** The webhooks that are served. Registering and ending take a while, and nobody is told when they are done. */
export interface Registrations {
  publish(workflow: Workflow): void;
  unpublish(workflow: Workflow): void;
  /** True where anything of the workflow is still registered, or about to be. */
  isServed(workflow: Workflow): boolean;
  ownerOf(path: string, method: string): Workflow | undefined;
  methodsOf(path: string): string[];
}

/** The registrations of a server's workflows. */
export function createRegistrations(world: World, workflows: Store<Workflow>): Registrations {
  function dueAt({ since, isEnding }: Registration): number {
    // Before publication became a service of its own it was done when it was answered.
    if (world.n8n.version !== '2.33') return since;
    const { unpublishedAfterMs, webhookRegisteredAfterMs } = world.switches.timing;
    return since + (isEnding ? unpublishedAfterMs : webhookRegisteredAfterMs);
  }
  function holderOf(path: string, method: string): Workflow | undefined {
    return workflows.find(({ registrations }) =>
      registrations.some(
        (other) => other.state === 'registered' && other.path === path && other.method === method,
      ),
    );
  }
  function register(workflow: Workflow, registration: Registration): void {
    const holder = holderOf(registration.path, registration.method);
    // An unpublished one that is still served is waited for.
    if (holder !== undefined && holder !== workflow && !holder.isActive) return;
    registration.state = holder === undefined || holder === workflow ? 'registered' : 'failed';
    if (registration.state === 'registered') workflow.triggerCount = 1;
  }
  /**
   * Brings everything up to now, in the order in which it falls due: of two that want one path,
   * the later fails, and stays dead until it is published again.
   */
  function settle(): void {
    const now = Date.now();
    const due = workflows
      .all()
      .flatMap((workflow) => workflow.registrations.map((registration) => ({ workflow, registration })))
      .filter(({ registration }) => dueAt(registration) <= now)
      .toSorted((a, b) => dueAt(a.registration) - dueAt(b.registration));
    for (const { workflow, registration } of due) {
      if (registration.isEnding) {
        workflow.registrations = workflow.registrations.filter((other) => other !== registration);
      } else if (registration.state === 'pending') {
        register(workflow, registration);
      }
    }
  }
  return {
    publish(workflow) {
      settle();
      const before = workflow.registrations;
      const since = Date.now();
      const isLost = world.switches.n8nLostRegistrations > 0;
      if (isLost) world.switches.n8nLostRegistrations -= 1;
      workflow.registrations = webhooksOf(workflow).map(({ path, method }) => {
        const isServed = before.some(
          (other) => other.path === path && other.method === method && other.state === 'registered',
        );
        const unserved = isLost ? 'failed' : 'pending';
        return { path, method, state: isServed ? 'registered' : unserved, since, isEnding: false };
      });
    },
    unpublish(workflow) {
      settle();
      const since = Date.now();
      for (const registration of workflow.registrations) {
        if (!registration.isEnding) Object.assign(registration, { since, isEnding: true });
      }
    },
    isServed(workflow) {
      settle();
      return workflow.registrations.length > 0;
    },
    ownerOf(path, method) {
      settle();
      return holderOf(path, method);
    },
    methodsOf(path) {
      settle();
      return workflows
        .all()
        .flatMap(({ registrations }) => registrations)
        .filter((registration) => registration.path === path && registration.state === 'registered')
        .map(({ method }) => method);
    },
  };
}
