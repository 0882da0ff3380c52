/**
 * Tells a listener of each request to a provider that some work makes.
 *
 * The listener travels with the work, so that neither steps nor provider clients have to hand it on.
 */
import { AsyncLocalStorage } from 'node:async_hooks';

export interface ProviderCall {
  readonly provider: string;
  /** Method and path template, such as `GET /v1/projects/{ref}`: never with an id in it. */
  readonly operation: string;
}

/** How a request ended: with an answer, whatever it says, or with none. */
export type CallEnd =
  | { readonly status: number }
  | { readonly failure: 'timeout' | 'answer-too-large' | 'no-answer' };

/** Told when a request is about to leave; what it returns is told how that ended. */
export type ProviderCallWatch = (call: ProviderCall) => (end: CallEnd) => void;

const watches = new AsyncLocalStorage<readonly ProviderCallWatch[]>();

export function watchProviderCalls<T>(
  watching: readonly ProviderCallWatch[],
  work: () => Promise<T>,
): Promise<T> {
  return watches.run(watching, work);
}

/** For whoever sends the request. */
export function beginProviderCall(call: ProviderCall): (end: CallEnd) => void {
  const ends = (watches.getStore() ?? []).map((watch) => watch(call));
  return (end) => {
    for (const tell of ends) tell(end);
  };
}
