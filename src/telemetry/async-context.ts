/** Carries the active span along with asynchronous work. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { ROOT_CONTEXT, type Context, type ContextManager } from '@opentelemetry/api';

export class AsyncContext implements ContextManager {
  readonly #storage = new AsyncLocalStorage<Context>();

  active(): Context {
    return this.#storage.getStore() ?? ROOT_CONTEXT;
  }

  with<A extends unknown[], F extends (...args: A) => ReturnType<F>>(
    context: Context,
    work: F,
    self?: ThisParameterType<F>,
    ...args: A
  ): ReturnType<F> {
    return this.#storage.run(context, () => work.apply(self, args));
  }

  /** Functions only: whatever else keeps the context that it is made in. */
  bind<T>(context: Context, target: T): T {
    if (typeof target !== 'function') return target;
    const bound: unknown = (...args: unknown[]): unknown =>
      this.#storage.run(context, () => {
        const result: unknown = Reflect.apply(target, undefined, args);
        return result;
      });
    // A function that takes and returns what the target does.
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    return bound as T;
  }

  enable(): this {
    return this;
  }

  disable(): this {
    this.#storage.disable();
    return this;
  }
}
