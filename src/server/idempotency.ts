/** `Idempotency-Key`: the key of a request, and the answer where it was seen before. */
import { createHash } from 'node:crypto';
import type { Request } from 'express';
import type { IdempotencyKey, StoredAnswer } from '../ledger/idempotency.ts';
import type { KeyUsed } from '../ledger/provisionings.ts';
import type { Caller } from './auth/caller.ts';
import { invalidFields, Problem } from './problem.ts';
import type { Reply } from './route.ts';

const usable = /^[\x20-\x7e]{1,255}$/;

/** Undefined: the request has none. */
export function idempotencyKeyOf(request: Request, caller: Caller): IdempotencyKey | undefined {
  const key = request.headers['idempotency-key'];
  if (key === undefined) return undefined;
  if (typeof key !== 'string' || !usable.test(key))
    throw invalidFields([
      { pointer: 'Idempotency-Key', detail: 'must be 1 to 255 characters of printable ASCII' },
    ]);
  const body: unknown = request.body;
  const bodyHash = createHash('sha256').update(canonicalJson(body)).digest();
  return { caller: caller.by, key, bodyHash };
}

/** The same text for the same JSON value, whatever the order of its members and the space between them. */
export function canonicalJson(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  const members = Object.entries(value)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`);
  return `{${members.join(',')}}`;
}

export function replyOf({ status, location, body }: StoredAnswer): Reply {
  return { status, headers: { Location: location }, body: JSON.parse(body) as unknown };
}

export function replay(use: KeyUsed['keyUse']): Reply {
  if (use.is === 'in-flight')
    throw new Problem(409, 'idempotency-in-flight', 'A request with this key is still under way.', {
      headers: { 'Retry-After': '1' },
    });
  if (use.is === 'reused')
    throw new Problem(422, 'idempotency-key-reused', 'This key came with another body before.');
  const reply = replyOf(use.answer);
  return { ...reply, headers: { ...reply.headers, 'Idempotency-Replayed': 'true' } };
}
