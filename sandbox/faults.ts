import { z } from 'zod';
import type { ProviderName, ProviderRequest } from './exchange.ts';

/** What can go wrong with a request. */
export const faultModes = [
  'drop-before',
  'drop-after',
  'hang-before',
  'hang-after',
  'error-before',
  'error-after',
  'rate-limit',
  'garbage',
  'huge',
  'redirect',
  'latency',
  'reject',
  'refuse',
  'stale-read',
  'not-found',
  'proxy-page',
] as const;

/** A connection to a project's database, which is no request: it can be rejected, and nothing else. */
const connectOperation = 'connectDatabase';

const connectionRefusal = z.object({ code: z.string().length(5), message: z.string() });

/** What a rejected connection is told. */
export type ConnectionRefusal = z.infer<typeof connectionRefusal>;

/** One way for a request to go wrong. */
export type FaultMode = (typeof faultModes)[number];

/** A fault to come. */
export interface FaultRequest {
  provider: ProviderName;
  /** The operation it hits, or `*` for any of the provider's. */
  operation: string;
  mode: FaultMode;
  /** How many requests it hits; -1 for all. Default 1. */
  times?: number | undefined;
  /** How many matching requests pass first. Default 0. */
  skip?: number | undefined;
  /** Only requests with this text in their path or body. */
  matching?: string | undefined;
  /** Waited before anything else; for `stale-read`, how old an object must be to be seen (default 60000). */
  delayMs?: number | undefined;
  /** For the modes that answer an error. */
  status?: number | undefined;
  /** For `rate-limit`: sent as Retry-After; without it the header is left out. */
  retryAfterSeconds?: number | undefined;
  /** The body of `reject`; a text is sent as a page. That of a connection is `{ code, message }`. */
  body?: unknown;
  /** Headers of `reject`. */
  headers?: Record<string, string> | undefined;
}

/** A fault with its count of hits. */
export interface Fault extends FaultRequest {
  id: string;
  fired: number;
}

/** The faults of a sandbox: counted, and taken in the order in which they were added. */
export interface FaultRegistry {
  add(fault: FaultRequest): string;
  /** The fault that this request meets, if any; counts it. */
  take(provider: ProviderName, operation: string, request: ProviderRequest): Fault | undefined;
  /** Why a connection of this user to a project's database is rejected, if it is; `*` does not mean it. */
  takeConnection(user: string): ConnectionRefusal | undefined;
  list(): Fault[];
  clear(): void;
}

/** An empty registry. */
export function createFaultRegistry(): FaultRegistry {
  let faults: Fault[] = [];
  let added = 0;
  const passed = new Map<string, number>();

  function isHit(fault: Fault): boolean {
    const times = fault.times ?? 1;
    if (times >= 0 && fault.fired >= times) return false;
    const before = passed.get(fault.id) ?? 0;
    if (before >= (fault.skip ?? 0)) return true;
    passed.set(fault.id, before + 1);
    return false;
  }
  function meet(matches: (fault: Fault) => boolean): Fault | undefined {
    const fault = faults.find((candidate) => matches(candidate) && isHit(candidate));
    if (fault !== undefined) fault.fired += 1;
    return fault;
  }
  return {
    add(request) {
      added += 1;
      const fault = { ...request, id: `fault-${added}`, fired: 0 };
      faults.push(fault);
      return fault.id;
    },
    take(provider, operation, request) {
      const text = `${request.path}?${request.query.toString()}\n${request.text}`;
      return meet(
        (fault) =>
          fault.provider === provider &&
          (fault.operation === operation || fault.operation === '*') &&
          (fault.matching === undefined || text.includes(fault.matching)),
      );
    },
    takeConnection(user) {
      const fault = meet(
        ({ operation, mode, matching }) =>
          operation === connectOperation &&
          mode === 'reject' &&
          (matching === undefined || user.includes(matching)),
      );
      return fault && connectionRefusal.parse(fault.body);
    },
    list: () => faults.map((fault) => ({ ...fault })),
    clear() {
      faults = [];
      passed.clear();
    },
  };
}
