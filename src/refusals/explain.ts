/** Says why a provider refuses, or is refused for its certificate, in our own words. Pure. */
import type { ProviderError } from '../errors.ts';
import type { FailureCode } from '../provisioning.ts';
import { certificateFault } from './certificate.ts';
import { githubRefusals } from './github.ts';
import { n8nRefusals } from './n8n.ts';
import type { KnownRefusal, RefusalFacts, RefusalTable } from './refusal.ts';
import { supabaseRefusals } from './supabase.ts';
import { vercelRefusals } from './vercel.ts';

export const refusalTables: Readonly<Record<string, RefusalTable>> = {
  supabase: supabaseRefusals,
  github: githubRefusals,
  vercel: vercelRefusals,
  n8n: n8nRefusals,
};

/** The meaning of a refusal, and what fixes it. */
export interface Explanation {
  readonly reason: string;
  readonly code: FailureCode;
  readonly message: string;
  readonly whatToDo: string;
}

/** A page in the place of the provider's JSON: of a firewall, a proxy or a sign-in in front of it. */
const pageInstead: KnownRefusal = {
  reason: 'page-instead',
  statuses: [401, 403],
  text: /^\s*(<!doctype|<html)/i,
  code: 'provider-rejected',
  message: 'a proxy, a firewall or a sign-in page refuses in its place',
  whatToDo: "Let the worker's requests through, by its address or by their path.",
  source: 'all four providers refuse with JSON',
};

/** The reason of a refusal. Undefined: it is none, or one of which no more is known than its status. */
export function explainRefusal(error: ProviderError): Explanation | undefined {
  const { status, provider } = error;
  if (status === undefined) return certificateFault(error.connectionCode);
  if (status < 400 || status >= 500 || error.isAway) return undefined;
  const facts = { status, text: error.providerText, headers: error.headers };
  const table = refusalTables[provider];
  const known = [...(table?.refusals ?? []), pageInstead].find((refusal) => fits(refusal, facts));
  return known ?? refusedCredentials(status, provider, table?.credentials);
}

function fits(refusal: KnownRefusal, { status, text, headers }: RefusalFacts): boolean {
  if (!refusal.statuses.includes(status)) return false;
  return (refusal.text?.test(text) ?? true) && (refusal.header?.(headers) ?? true);
}

/** Only what has no other reason is a matter of credentials. */
function refusedCredentials(
  status: number,
  provider: string,
  credentials: string | undefined,
): Explanation | undefined {
  if ((status !== 401 && status !== 403) || credentials === undefined) return undefined;
  return {
    reason: 'credentials',
    code: 'credentials-rejected',
    message: `${credentials} is not accepted`,
    whatToDo:
      status === 401
        ? `Renew ${credentials}: ${provider} does not accept it.`
        : `Renew ${credentials}, or give it the rights that README.md lists under Tokens.`,
  };
}
