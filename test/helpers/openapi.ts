import { z } from 'zod';

type Json = Record<string, unknown>;

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

type Schema = z.core.JSONSchema.BaseSchema;

const isSchema = (value: unknown): value is Schema => isObject(value);

const annotations = new Set(['example', 'examples', 'default', 'discriminator', 'xml', 'deprecated']);

/** OpenAPI 3.0's dialect in the words of JSON Schema. */
function toJsonSchema(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(toJsonSchema);
  if (!isObject(schema)) return schema;
  const converted: Json = {};
  for (const [key, value] of Object.entries(schema)) {
    if (annotations.has(key) || key === 'nullable') continue;
    if (key === 'properties' && isObject(value)) {
      converted.properties = Object.fromEntries(
        Object.entries(value).map(([name, property]) => [name, toJsonSchema(property)]),
      );
    } else if (key === 'oneOf') {
      // Made from unions of types, whose members may overlap: what fits several is no mistake.
      converted.anyOf = toJsonSchema(value);
    } else if (key === '$ref' && typeof value === 'string') {
      converted.$ref = value.replace('#/components/schemas/', '#/$defs/');
    } else if (key === 'exclusiveMinimum' && typeof value === 'boolean') {
      if (value) converted.exclusiveMinimum = schema.minimum;
    } else if (!(key === 'minimum' && schema.exclusiveMinimum === true)) {
      converted[key] = toJsonSchema(value);
    }
  }
  return schema.nullable === true ? { anyOf: [converted, { type: 'null' }] } : converted;
}

/**
 * The schema of what is sent, more strictly than written: no field that the vendor does not name, and none that is
 * for reading only.
 */
function toRequestSchema(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(toRequestSchema);
  if (!isObject(schema)) return schema;
  const { properties, required, ...rest } = schema;
  const strict = Object.fromEntries(
    Object.entries(rest).map(([key, value]) => [key, toRequestSchema(value)]),
  );
  if (!isObject(properties)) return required === undefined ? strict : { ...strict, required };
  const writable = Object.entries(properties).filter(
    ([, property]) => !isObject(property) || property.readOnly !== true,
  );
  return {
    additionalProperties: false,
    ...strict,
    properties: Object.fromEntries(writable.map(([name, property]) => [name, toRequestSchema(property)])),
    ...(Array.isArray(required)
      ? { required: required.filter((name) => writable.some(([key]) => key === name)) }
      : {}),
  };
}

/** A request as it was sent. */
export interface SentRequest {
  readonly method: string;
  /** With the query, and without what the vendor's servers have in common before it. */
  readonly path: string;
  readonly body: unknown;
}

/** A description of an API. */
export interface Description {
  /** The operation that a request asks for: `GET /v1/projects/{ref}`. Undefined: none. */
  operationOf(request: SentRequest): string | undefined;
  /** What in a request is not as described; empty when all is. */
  problemsOf(request: SentRequest): string[];
  /** The schema of an answer; undefined where the description gives the status, but no body. */
  answer(operation: string, status: number): z.ZodType | undefined;
  /** The schema of what one of its webhooks sends. */
  webhookBody(name: string): z.ZodType;
}

const parameterSchema = z.object({
  name: z.string(),
  in: z.string(),
  required: z.boolean().optional(),
  schema: z.unknown(),
});
type Parameter = z.infer<typeof parameterSchema>;

const groupName = (name: string): string => name.replaceAll(/\W/g, '_');

/** A path template as a pattern with a group for each of its parameters. */
function pathPattern(template: string): RegExp {
  const source = template
    .split(/(\{[^}]+\})/)
    .map((part) =>
      part.startsWith('{')
        ? `(?<${groupName(part.slice(1, -1))}>[^/]+)`
        : part.replaceAll(/[$.*+?^()|[\]\\]/g, String.raw`\$&`),
    );
  return new RegExp(`^${source.join('')}$`);
}

/** Whether the texts of a parameter can be read as what its schema wants. */
function fits(values: readonly string[], schema: z.ZodType): boolean {
  const [first = ''] = values;
  const isTrue = first === 'true';
  const readings: unknown[] = [values, values.flatMap((value) => value.split(','))];
  if (values.length === 1) {
    readings.push(first);
    if (first.trim() !== '') readings.push(Number(first));
    if (isTrue || first === 'false') readings.push(isTrue);
  }
  return readings.some((reading) => schema.safeParse(reading).success);
}

/** Operations are written `GET /v1/projects/{ref}`. `owner`: whose document it is, for what is said about it. */
export function parseDescription(owner: string, document: unknown): Description {
  function at(path: readonly string[]): unknown {
    let found: unknown = document;
    for (const key of path) found = isObject(found) ? resolve(found[key]) : undefined;
    return found;
  }
  function resolve(value: unknown): unknown {
    if (!isObject(value) || typeof value.$ref !== 'string') return value;
    const [, ...path] = value.$ref.split('/');
    return at(path);
  }
  const components = at(['components', 'schemas']);

  function compile(schema: unknown, adapt: (schema: unknown) => unknown = (same) => same): z.ZodType {
    const definitions: Record<string, Schema> = {};
    for (const [name, component] of Object.entries(isObject(components) ? components : {})) {
      const converted = adapt(toJsonSchema(component));
      if (isSchema(converted)) definitions[name] = converted;
    }
    const converted = adapt(toJsonSchema(schema));
    if (!isSchema(converted)) throw new Error('a schema must be an object');
    return z.fromJSONSchema({ ...converted, $defs: definitions });
  }
  function operationAt(operation: string): readonly string[] {
    const [method = '', path = ''] = operation.split(' ');
    if (at(['paths', path, method.toLowerCase()]) === undefined)
      throw new Error(`${owner} has no ${operation}`);
    return ['paths', path, method.toLowerCase()];
  }
  const bodySchema = (operation: string): unknown =>
    at([...operationAt(operation), 'requestBody', 'content', 'application/json', 'schema']);

  function operationOf(request: SentRequest): string | undefined {
    const [path = ''] = request.path.split('?');
    const paths = at(['paths']);
    const templates = Object.keys(isObject(paths) ? paths : {})
      .filter((template) => at(['paths', template, request.method.toLowerCase()]) !== undefined)
      .filter((template) => pathPattern(template).test(path))
      // Of two that fit, the one with fewer placeholders is meant.
      .toSorted((a, b) => a.split('{').length - b.split('{').length);
    return templates[0] === undefined ? undefined : `${request.method} ${templates[0]}`;
  }

  function parametersOf(operation: string): Parameter[] {
    const found = at([...operationAt(operation), 'parameters']);
    return (Array.isArray(found) ? found : []).map((parameter) => parameterSchema.parse(resolve(parameter)));
  }

  function problemsOf(request: SentRequest): string[] {
    const operation = operationOf(request);
    if (operation === undefined) return ['no such operation'];
    const [path = '', query = ''] = request.path.split('?');
    const given = new URLSearchParams(query);
    const inPath = pathPattern(operation.split(' ')[1] ?? '').exec(path)?.groups ?? {};
    const parameters = parametersOf(operation);
    const problems: string[] = [];
    for (const parameter of parameters) {
      const { name, in: place, required: isRequired } = parameter;
      if (place !== 'path' && place !== 'query') continue;
      const segment = inPath[groupName(name)];
      const values =
        place === 'query' ? given.getAll(name) : segment === undefined ? [] : [decodeURIComponent(segment)];
      if (values.length === 0) {
        if (isRequired === true) problems.push(`${place} parameter ${name} is missing`);
      } else if (!fits(values, compile(parameter.schema)))
        problems.push(`${place} parameter ${name} can't be ${values.join(', ')}`);
    }
    for (const name of new Set(given.keys()))
      if (!parameters.some((parameter) => parameter.in === 'query' && parameter.name === name))
        problems.push(`query parameter ${name} is not described`);
    return [...problems, ...bodyProblems(operation, request.body)];
  }

  function bodyProblems(operation: string, body: unknown): string[] {
    const described = bodySchema(operation);
    if (described === undefined) {
      const isNothing = body === undefined || (isObject(body) && Object.keys(body).length === 0);
      return isNothing ? [] : ['no body is described'];
    }
    const isRequired = at([...operationAt(operation), 'requestBody', 'required']) === true;
    if (body === undefined) return isRequired ? ['the body is missing'] : [];
    const { error } = compile(described, toRequestSchema).safeParse(body);
    return (error?.issues ?? []).map(
      (issue) => `body${issue.path.map((key) => `.${String(key)}`).join('')}: ${issue.message}`,
    );
  }

  return {
    operationOf,
    problemsOf,
    answer(operation, status) {
      const path = [...operationAt(operation), 'responses', String(status)];
      if (at(path) === undefined) throw new Error(`${owner} has no answer ${status} to ${operation}`);
      const schema = ['application/json', 'application/problem+json']
        .map((type) => at([...path, 'content', type, 'schema']))
        .find((found) => found !== undefined);
      return schema === undefined ? undefined : compile(schema);
    },
    webhookBody: (name) =>
      compile(at(['webhooks', name, 'post', 'requestBody', 'content', 'application/json', 'schema'])),
  };
}
