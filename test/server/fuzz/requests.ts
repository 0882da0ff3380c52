/** Requests from an OpenAPI document: for each of its operations valid ones, nearly valid ones and hostile ones. */
import fc from 'fast-check';
import { fitting, hostileTexts, hostileValues, nearlyFitting, type JsonSchema } from './from-schema.ts';

export interface Operation {
  readonly method: string;
  readonly path: string;
  readonly parameters: readonly { readonly name: string; readonly in: string; readonly schema: JsonSchema }[];
  /** Undefined: it takes no body. */
  readonly body: JsonSchema | undefined;
}

export interface DrawnRequest {
  readonly operation: Operation;
  readonly kind: 'fitting' | 'nearly' | 'hostile';
  /** Percent-encoded. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

/** `idsFor`: ids that are there, for a path parameter of that name. */
export function requestOf(
  operation: Operation,
  idsFor: (name: string) => readonly string[],
): fc.Arbitrary<DrawnRequest> {
  const kind = fc.constantFrom('fitting', 'fitting', 'nearly', 'nearly', 'hostile');
  return kind.chain((drawn) =>
    fc
      .record({
        path: pathOf(operation, drawn, idsFor),
        query: queryOf(operation, drawn),
        headers: headersOf(operation, drawn),
        body: bodyOf(operation, drawn),
      })
      .map(({ path, query, headers, body }) => ({
        operation,
        kind: drawn,
        target: query === '' ? path : `${path}?${query}`,
        headers,
        body,
      })),
  );
}

const anyHostileText = fc.constantFrom(...hostileTexts).map((text) => text.toWellFormed());

function pathOf(
  operation: Operation,
  kind: DrawnRequest['kind'],
  idsFor: (name: string) => readonly string[],
): fc.Arbitrary<string> {
  const names = [...operation.path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
  const value = (name: string) => {
    const known = fc.constantFrom(...idsFor(name));
    if (kind === 'fitting')
      return fc.oneof({ weight: 9, arbitrary: known }, { weight: 1, arbitrary: fc.uuid() });
    if (kind === 'nearly')
      return fc.oneof(
        known,
        fc.uuid(),
        known.map((id) => id.toUpperCase()),
      );
    return fc.oneof(known, anyHostileText, fc.string({ maxLength: 30 }));
  };
  return fc
    .tuple(...names.map(value))
    .map((values) =>
      names.reduce(
        (path, name, index) =>
          path.replace(`{${name}}`, encodeURIComponent(values[index]?.toWellFormed() ?? '') || '%20'),
        operation.path,
      ),
    );
}

function queryOf(operation: Operation, kind: DrawnRequest['kind']): fc.Arbitrary<string> {
  const declared = operation.parameters.filter((parameter) => parameter.in === 'query');
  const pairs = declared.map(({ name, schema }) =>
    fc.option(
      (kind === 'hostile' ? fc.oneof(anyHostileText, fitting(schema)) : fitting(schema)).map(
        (value) => [name, String(value).toWellFormed()] as const,
      ),
      { nil: undefined },
    ),
  );
  const strange =
    kind === 'fitting'
      ? fc.constant(undefined)
      : fc.option(fc.tuple(anyHostileText, anyHostileText), { nil: undefined, freq: 3 });
  return fc
    .tuple(fc.tuple(...pairs), strange)
    .map(([known, other]) =>
      new URLSearchParams(
        [...known, other].flatMap((pair): [string, string][] =>
          pair === undefined ? [] : [[pair[0], pair[1]]],
        ),
      ).toString(),
    );
}

const headerTexts = hostileTexts.filter((text) => /^[\x20-\x7e]{1,4000}$/.test(text));

function headersOf(operation: Operation, kind: DrawnRequest['kind']): fc.Arbitrary<Record<string, string>> {
  const declared = operation.parameters.filter(
    (parameter) => parameter.in === 'header' && !/^accept$/i.test(parameter.name),
  );
  const named = declared.map(({ name }) =>
    fc.option(
      (kind === 'hostile' ? fc.constantFrom(...headerTexts) : fc.stringMatching(/^[1-9]\d?$/)).map(
        (value) => [name, value] as const,
      ),
      { nil: undefined, freq: 2 },
    ),
  );
  const more = fc.constantFrom<Record<string, string>>(
    {},
    {},
    {},
    ...(kind === 'hostile'
      ? [
          { 'x-http-method-override': 'DELETE' },
          { 'x-request-id': 'a b' },
          { 'content-encoding': 'gzip' },
          { 'x-forwarded-for': '127.0.0.1' },
          { accept: 'text/html' },
          { 'content-type': 'text/plain' },
          { 'content-type': 'application/json; charset=utf-16' },
          { cookie: '__proto__=1' },
        ]
      : []),
  );
  return fc.tuple(fc.tuple(...named), more).map(([pairs, others]) => ({
    ...Object.fromEntries(pairs.filter((pair) => pair !== undefined)),
    ...others,
  }));
}

const brokenBodies: readonly string[] = [
  '{',
  'nonsense',
  '"text"',
  'null',
  '[]',
  '0',
  '{"__proto__":{"role":"admin"}}',
  '{"constructor":{"prototype":{"x":1}}}',
  `${'['.repeat(3000)}${']'.repeat(3000)}`,
  `{"clientName":"${'x'.repeat(70_000)}"}`,
  '{"clientId":"a","clientId":"b"}',
  '\ufeff{}',
];

function bodyOf(operation: Operation, kind: DrawnRequest['kind']): fc.Arbitrary<string | undefined> {
  const { body } = operation;
  if (operation.method === 'get') return fc.constant(undefined);
  const schema = body ?? { type: 'object' };
  if (kind === 'fitting') return fitting(schema).map((value) => JSON.stringify(value));
  if (kind === 'nearly') return nearlyFitting(schema).map((value) => JSON.stringify(value));
  return fc.oneof(
    fc.constantFrom(...brokenBodies),
    fc.constantFrom(...hostileValues).map((value) => JSON.stringify(value)),
    fc.json({ maxDepth: 4 }),
    fc.constant(undefined),
  );
}
