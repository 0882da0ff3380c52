/** Words for what an API takes and answers, each a fragment of JSON Schema. */

/** A fragment of JSON Schema. */
export type Shape = Readonly<Record<string, unknown>>;

export const anything: Shape = {};
export const text: Shape = { type: 'string' };
export const number: Shape = { type: 'number' };
export const integer: Shape = { type: 'integer' };
export const boolean: Shape = { type: 'boolean' };
/** Of any fields. */
export const record: Shape = { type: 'object' };

export const oneOf = (...values: string[]): Shape => ({ type: 'string', enum: values });
export const matching = (pattern: string): Shape => ({ type: 'string', pattern });
export const list = (items: Shape): Shape => ({ type: 'array', items });
export const either = (...shapes: Shape[]): Shape => ({ anyOf: shapes });
export const nullable = (shape: Shape): Shape => either(shape, { type: 'null' });

/** The name of a field or parameter, and whether it must be there: one that ends in `?` need not. */
export function readName(name: string): { name: string; required: boolean } {
  return name.endsWith('?') ? { name: name.slice(0, -1), required: false } : { name, required: true };
}

/** With these fields, and any others. */
export function object(fields: Readonly<Record<string, Shape>>): Shape {
  const named = Object.entries(fields).map(([written, shape]) => ({ ...readName(written), shape }));
  return {
    type: 'object',
    properties: Object.fromEntries(named.map(({ name, shape }) => [name, shape])),
    required: named.filter(({ required }) => required).map(({ name }) => name),
  };
}

/** With these fields; the vendor refuses a field that it does not know. */
export function closed(fields: Readonly<Record<string, Shape>>): Shape {
  return { ...object(fields), additionalProperties: false };
}
