import type { Operation } from './exchange.ts';

/** An operation with the values of its path's segments. */
export interface Route {
  operation: Operation;
  parameters: Record<string, string>;
}

/** Finds operations by method and path. */
export interface Router {
  match(method: string, path: string): Route | undefined;
  /** The methods that this path has, to tell a wrong method from a wrong path. */
  methods(path: string): string[];
}

function pattern(path: string): RegExp {
  const source = path.replaceAll(/:(\w+)(\+?)/g, (_match, name: string, rest: string) =>
    rest === '+' ? `(?<${name}>.+)` : `(?<${name}>[^/]+)`,
  );
  return new RegExp(`^${source}/?$`);
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

/** A router over the operations of one provider; the first match wins. */
export function createRouter(operations: readonly Operation[]): Router {
  const routes = operations.map((operation) => ({ operation, pattern: pattern(operation.path) }));
  return {
    match(method, path) {
      for (const route of routes) {
        if (route.operation.method !== method) continue;
        const found = route.pattern.exec(path);
        if (found === null) continue;
        const parameters = Object.fromEntries(
          Object.entries(found.groups ?? {}).map(([name, value]) => [name, decode(value)]),
        );
        return { operation: route.operation, parameters };
      }
      return undefined;
    },
    methods: (path) =>
      routes.filter((route) => route.pattern.test(path)).map((route) => route.operation.method),
  };
}
