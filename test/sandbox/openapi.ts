import { existsSync, readFileSync } from 'node:fs';
import { z } from 'zod';

/** The folder with the vendors' descriptions; it is not part of the project, and may be missing. */
const folder = new URL('../../../shared/specs/', import.meta.url);

/** Whether the vendors' descriptions are there. */
export const hasDescriptions = existsSync(folder);

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

/** A vendor's description of its API. */
export interface Description {
  /** The schema of an answer; undefined where the description gives the status, but no body. */
  answer(operation: string, status: number): z.ZodType | undefined;
  /** The schema of a request's body. */
  body(operation: string): z.ZodType;
  /** The names of the body's fields. */
  bodyFields(operation: string): string[];
}

/** Reads one vendor's description. Operations are written as there: `GET /v1/projects/{ref}`. */
export function readDescription(vendor: string): Description {
  const document: unknown = JSON.parse(readFileSync(new URL(`${vendor}.json`, folder), 'utf8'));

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
  const definitions: Record<string, Schema> = {};
  for (const [name, schema] of Object.entries(isObject(components) ? components : {})) {
    const converted = toJsonSchema(schema);
    if (isSchema(converted)) definitions[name] = converted;
  }

  function compile(schema: unknown): z.ZodType {
    const converted = toJsonSchema(schema);
    if (!isSchema(converted)) throw new Error('a schema must be an object');
    return z.fromJSONSchema({ ...converted, $defs: definitions });
  }
  function operationAt(operation: string): readonly string[] {
    const [method = '', path = ''] = operation.split(' ');
    if (at(['paths', path, method.toLowerCase()]) === undefined)
      throw new Error(`${vendor} has no ${operation}`);
    return ['paths', path, method.toLowerCase()];
  }
  const bodySchema = (operation: string): unknown =>
    at([...operationAt(operation), 'requestBody', 'content', 'application/json', 'schema']);

  return {
    answer(operation, status) {
      const path = [...operationAt(operation), 'responses', String(status)];
      if (at(path) === undefined) throw new Error(`${vendor} has no answer ${status} to ${operation}`);
      const schema = at([...path, 'content', 'application/json', 'schema']);
      return schema === undefined ? undefined : compile(schema);
    },
    body: (operation) => compile(bodySchema(operation)),
    bodyFields(operation) {
      const schema = resolve(bodySchema(operation));
      const properties = isObject(schema) ? schema.properties : undefined;
      return isObject(properties) ? Object.keys(properties) : [];
    },
  };
}
