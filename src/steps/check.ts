/**
 * Checks of what must hold at a provider before a client's stack can be made there. They look and touch nothing.
 *
 * A step brings its own checks. They, and every look-up of a resource, are given provider clients without a single
 * mutating verb.
 */
import type { Permit } from '../http/permit.ts';

/** The result of a check. */
export type Finding =
  | { readonly ok: true; readonly detail: string }
  /** `fix`: what a person does about it. */
  | { readonly ok: false; readonly detail: string; readonly fix: string };

export function holds(detail: string): Finding {
  return { ok: true, detail };
}

export function fails(detail: string, fix: string): Finding {
  return { ok: false, detail, fix };
}

/** `Readers` are provider clients without their mutating verbs. */
export interface Check<Readers> {
  /** The provider, as the report names it. */
  readonly provider: string;
  /** Kebab-case, unique within the provider. */
  readonly name: string;
  /** The variable with the credentials: what to renew when they are refused. */
  readonly credentials?: string;
  /** The variable with the address: what to look at when nobody answers there. */
  readonly address?: string;
  /** May throw: whoever gives no good answer has failed the check, and the report says how to fix that. */
  look(providers: Readers): Promise<Finding>;
}

/** Provider clients without their mutating verbs: each of those takes a permit first. */
export type ReadOnly<Providers> = { readonly [Name in keyof Providers]: Reads<Providers[Name]> };

type Reads<Client> = {
  readonly [Verb in keyof Client as TakesPermit<Client[Verb]> extends true ? never : Verb]: Client[Verb];
};

type TakesPermit<Verb> = Verb extends (first: infer First, ...others: never[]) => unknown
  ? First extends Permit
    ? true
    : false
  : false;
