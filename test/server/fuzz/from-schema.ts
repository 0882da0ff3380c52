/** Values from JSON schemas: such as fit, such as nearly fit, and such as nobody should send. */
import fc from 'fast-check';

export interface JsonSchema {
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly pattern?: string;
  readonly format?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
}

/** Fits, as far as the schema says. */
export function fitting(schema: JsonSchema): fc.Arbitrary<unknown> {
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
  if (schema.anyOf !== undefined) return fc.oneof(...schema.anyOf.map(fitting));
  switch (schema.type) {
    case 'object': {
      const properties = Object.entries(schema.properties ?? {});
      return fc.record(Object.fromEntries(properties.map(([name, property]) => [name, fitting(property)])), {
        requiredKeys: [...(schema.required ?? [])],
      });
    }
    case 'array':
      return fc.array(fitting(schema.items ?? {}), { maxLength: 3 });
    case 'integer':
    case 'number':
      return fc.integer({ min: schema.minimum ?? 0, max: Math.min(schema.maximum ?? 1000, 1_000_000) });
    case 'boolean':
      return fc.boolean();
    default:
      return fittingText(schema);
  }
}

function fittingText(schema: JsonSchema): fc.Arbitrary<string> {
  if (schema.format === 'uuid') return fc.uuid();
  if (schema.format === 'email')
    return fc.stringMatching(/^[a-z]{1,10}(\.[a-z]{1,8})?@[a-z]{2,10}\.(example|test)$/);
  if (schema.pattern !== undefined)
    return fc
      .stringMatching(new RegExp(schema.pattern))
      .map((text) => text.slice(0, schema.maxLength ?? text.length));
  return fc.string({ minLength: schema.minLength ?? 0, maxLength: Math.min(schema.maxLength ?? 40, 200) });
}

/** Texts that have broken other programs. */
export const hostileTexts: readonly string[] = [
  '',
  ' ',
  '\u0000',
  '\u202eevil',
  '\ud800',
  '../../etc/passwd',
  '..%2f..%2f',
  '%00',
  '%',
  '%c0%ae',
  "' or 1=1 --",
  "'; drop table ledger.provisionings; --",
  '$1',
  '{{7*7}}',
  '${jndi:ldap://127.0.0.1/x}',
  '<script>alert(1)</script>',
  '__proto__',
  'constructor',
  'toString',
  'null',
  'undefined',
  'NaN',
  '-1',
  '1e309',
  '999999999999999999999999',
  '0x10',
  '\r\nX-Injected: yes',
  'a'.repeat(5000),
  '𝒳'.repeat(60),
  'é'.normalize('NFD').repeat(40),
  'ACME',
  'a--b',
  '-a',
  'a-',
  'javascript:alert(1)',
  'https://169.254.169.254/latest',
  'https://[::1]/',
  'http://user:pass@example.com/',
];

export const hostileValues: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  1.5,
  1e300,
  [],
  {},
  [[[[[[]]]]]],
  { $gt: '' },
  { length: 1e9 },
  { toString: 'x' },
  ['a', 'a'],
  ...hostileTexts,
];

/** A value that fits, with something done to it. */
export function nearlyFitting(schema: JsonSchema): fc.Arbitrary<unknown> {
  return fc
    .tuple(
      fitting(schema),
      fc.nat(),
      fc.constantFrom('drop', 'replace', 'add', 'wrap'),
      fc.constantFrom(...hostileValues),
    )
    .map(([value, which, act, hostile]) => mutate(value, which, act, hostile));
}

function mutate(value: unknown, which: number, act: string, hostile: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || act === 'wrap') return [value];
  const names = Object.keys(value);
  const name = names[which % Math.max(names.length, 1)] ?? 'x';
  const members = new Map(Object.entries(value));
  if (act === 'drop') members.delete(name);
  else members.set(act === 'replace' ? name : `${name}X`, hostile);
  return Object.fromEntries(members);
}
