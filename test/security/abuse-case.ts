/** One thing that somebody might try at the API, with the exact refusal. */
import type { RawRequest } from './raw-request.ts';

/** Whose key is sent. */
export type Holder = 'nobody' | 'viewer' | 'provisioner' | 'operator' | 'admin';

export interface AbuseCase extends RawRequest {
  readonly name: string;
  /** Default `admin`. */
  readonly as?: Holder;
  /** Status, and the problem's code where there is one. */
  readonly answer: string;
}

export const create = { method: 'POST', path: '/api/provisioning' } as const;
export const good = { clientId: 'abuse', clientName: 'Abuse', orgEmail: 'a@abuse.example', tier: 'starter' };
export const invalid = '400 invalid-request';
export const malformed = '400 malformed-request';
export const unauthorized = '401 unauthorized';
export const notFound = '404 not-found';
export const readOnly = '405 method-not-allowed';

/** One wrong field, the rest as it should be. */
export function field(name: string, value: Record<string, unknown>): AbuseCase {
  return { ...create, name, body: { ...good, ...value }, answer: invalid };
}
export function text(name: string, body: string, answer = invalid): AbuseCase {
  return { ...create, name, body, answer };
}
export function path(name: string, where: string, answer = notFound): AbuseCase {
  return { name, path: where, answer };
}
export function bearer(name: string, value: string): AbuseCase {
  return {
    name,
    as: 'nobody',
    path: '/api/provisioning',
    headers: [['Authorization', value]],
    answer: unauthorized,
  };
}
export function role(as: Holder, method: string, where: string): AbuseCase {
  return {
    name: `${method} ${where} by ${as}`,
    as,
    method,
    path: where,
    body: method === 'POST' ? {} : undefined,
    answer: as === 'nobody' ? unauthorized : '403 forbidden',
  };
}
export function header(
  name: string,
  sent: readonly [string, string][],
  answer: string,
  more: RawRequest = create,
): AbuseCase {
  return {
    ...more,
    name,
    headers: sent,
    body: more.method === 'POST' ? (more.body ?? {}) : undefined,
    answer,
  };
}

export const one = '/api/provisioning/{id}';
