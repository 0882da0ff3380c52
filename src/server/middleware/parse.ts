/** From what a caller sent to plain values, or to a 400 that points at each wrong field. */
import { json, type RequestHandler } from 'express';
import type { z } from 'zod';
import { invalidFields, Problem, type FieldError } from '../problem.ts';

const maxBodyBytes = 64 * 1024;

/** Reads a JSON body. Any other content type is refused before it is read. */
export const readBody: RequestHandler[] = [
  (request, _response, next) => {
    const hasBody =
      request.headers['transfer-encoding'] !== undefined ||
      Number(request.headers['content-length'] ?? 0) > 0;
    if (hasBody && request.is('application/json') === false)
      throw new Problem(415, 'unsupported-media-type', 'Send the body as application/json.');
    next();
  },
  json({ limit: maxBodyBytes, strict: false }),
];

export function parseBody<T>(body: unknown, schema: z.ZodType<T>): T {
  if (body === undefined)
    throw invalidFields([{ pointer: '', detail: 'a JSON object is expected as the body' }]);
  const parsed = schema.safeParse(body);
  if (!parsed.success)
    throw invalidFields(parsed.error.issues.flatMap((issue) => fieldErrors(issue, jsonPointer)));
  return parsed.data;
}

export function parseQuery<T>(query: object, schema: z.ZodType<T>): T {
  const parsed = schema.safeParse({ ...query });
  if (!parsed.success)
    throw invalidFields(
      parsed.error.issues.flatMap((issue) => fieldErrors(issue, (path) => `?${path.join('.')}`)),
    );
  return parsed.data;
}

function fieldErrors(issue: z.core.$ZodIssue, point: (path: PropertyKey[]) => string): FieldError[] {
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => ({
      pointer: point([...issue.path, key]),
      detail: 'is not a known field',
    }));
  return [{ pointer: point(issue.path), detail: issue.message }];
}

/** RFC 6901. */
function jsonPointer(path: readonly PropertyKey[]): string {
  return path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}
