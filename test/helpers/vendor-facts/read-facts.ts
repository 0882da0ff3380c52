import type { ProviderName } from '../../../sandbox/sandbox.ts';
import { parseDescription, type Description } from '../openapi.ts';
import type { OperationFacts, VendorFacts } from './facts.ts';
import { github } from './github.ts';
import { n8n } from './n8n.ts';
import { readName, text, type Shape } from './shape.ts';
import { supabase } from './supabase.ts';
import { vercel } from './vercel.ts';

/** What the product relies on at each vendor. */
export const vendorFacts: Readonly<Record<ProviderName, VendorFacts>> = { supabase, github, vercel, n8n };

function parameters(place: 'path' | 'query', shapes: Readonly<Record<string, Shape>>): unknown[] {
  return Object.entries(shapes).map(([written, schema]) => ({ ...readName(written), in: place, schema }));
}

const content = (schema: Shape) => ({ content: { 'application/json': { schema } } });

function describeOperation(path: string, facts: OperationFacts): unknown {
  const placeholders = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
  const inPath = Object.fromEntries(placeholders.map((name) => [name, facts.path?.[name] ?? text]));
  return {
    parameters: [...parameters('path', inPath), ...parameters('query', facts.query ?? {})],
    ...(facts.body === undefined ? {} : { requestBody: { required: true, ...content(facts.body) } }),
    responses: Object.fromEntries(
      Object.entries(facts.answers).map(([status, shape]) => [
        status,
        shape === undefined ? {} : content(shape),
      ]),
    ),
  };
}

/** A vendor's facts, for checks of requests and answers. */
export function readFacts(vendor: ProviderName): Description {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const [operation, facts] of Object.entries(vendorFacts[vendor].operations)) {
    const [method = '', path = ''] = operation.split(' ');
    paths[path] = { ...paths[path], [method.toLowerCase()]: describeOperation(path, facts) };
  }
  return parseDescription(vendor, { paths });
}
