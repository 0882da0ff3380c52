/** What an error says to the person who has to mend it. Pure. */
import { ProviderError } from '../errors.ts';
import { fails, type Check, type Finding } from '../steps/check.ts';

/** Who was asked, and which variables lead there. */
export type Source = Pick<Check<object>, 'provider' | 'credentials' | 'address'>;

/** A check has not come to its end within the time that it is given. */
export class CheckTooSlow extends Error {
  override readonly name = 'CheckTooSlow';
}

/** Whether an error is our own fault, and not a provider's. */
export function isDefect(error: unknown): boolean {
  return !(error instanceof ProviderError || error instanceof CheckTooSlow);
}

export function explainFailure(source: Source, error: unknown): Finding {
  if (error instanceof ProviderError) return fails(error.message, fixFor(source, error.status));
  if (error instanceof CheckTooSlow)
    return fails(`${source.provider} did not answer all that was asked in time`, fixFor(source, undefined));
  // Only errors of our own words are told: others may repeat what a provider, or a variable, has said.
  const kind = error instanceof Error ? error.name : 'unknown';
  return fails(`the check itself failed: ${kind}`, 'This is a defect: the log of the worker has it.');
}

function fixFor(source: Source, status = 0): string {
  const { provider, credentials = 'the credentials', address = 'its address' } = source;
  if (status === 401) return `Renew ${credentials}: ${provider} does not accept it.`;
  if (status === 403) return `Renew ${credentials}, or give it the rights that README.md lists under Tokens.`;
  if (status === 404)
    return `Check the names in the variables of ${provider}: what they name is not there, or hidden from ${credentials}.`;
  if (status === 429) return `${provider} was asked too often: wait a few minutes, then ask again.`;
  if (status >= 200 && status < 400)
    return `Check ${address}: what answers there does not speak as ${provider} does.`;
  return `Check ${address}, the network from here and the status page of ${provider}, then ask again.`;
}
