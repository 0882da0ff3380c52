/** Explains an error to the person who has to fix it. Pure. */
import { ProviderError } from '../errors.ts';
import { explainRefusal } from '../refusals/explain.ts';
import { fails, type Check, type Finding } from '../steps/check.ts';

/** The provider that was asked, and the variables that lead there. */
export type Source = Pick<Check<object>, 'provider' | 'credentials' | 'address'>;

/** A check has not come to its end within the time that it is given. */
export class CheckTooSlow extends Error {
  override readonly name = 'CheckTooSlow';
}

/** True where an error is our own fault, and not a provider's. */
export function isDefect(error: unknown): boolean {
  return !(error instanceof ProviderError || error instanceof CheckTooSlow);
}

export function explainFailure(source: Source, error: unknown): Finding {
  if (error instanceof ProviderError) return explainAnswer(source, error);
  if (error instanceof CheckTooSlow)
    return fails(`${source.provider} did not answer all that was asked in time`, fixFor(source, undefined));
  // Only errors of our own words are told: others may repeat what a provider, or a variable, has said.
  const kind = error instanceof Error ? error.name : 'unknown';
  return fails(`the check itself failed: ${kind}`, 'This is a defect: the log of the worker has it.');
}

function explainAnswer(source: Source, error: ProviderError): Finding {
  const likely = likelyCauses.find(({ fits }) => fits(error));
  if (likely !== undefined) return fails(`${error.message}: ${likely.detail}`, likely.fix(named(source)));
  const known = explainRefusal(error);
  if (known !== undefined) return fails(`${error.message}: ${known.message}`, known.whatToDo);
  return fails(error.message, fixFor(source, error.status));
}

type Named = Required<Source>;

function named(source: Source): Named {
  const { provider, credentials = 'the credentials', address = 'its address' } = source;
  return { provider, credentials, address };
}

/** The usual causes of an answer, or of none. */
interface LikelyCause {
  readonly fits: (error: ProviderError) => boolean;
  readonly detail: string;
  readonly fix: (source: Named) => string;
}

function failedWith(codes: RegExp) {
  return ({ connectionCode }: ProviderError) => codes.test(connectionCode ?? '');
}

function answered(status: number, text: RegExp) {
  return (error: ProviderError) => error.status === status && text.test(error.providerText);
}

const page = /^\s*(<!doctype|<html)/i;

/** The codes are those of https://nodejs.org/api/errors.html, https://nodejs.org/api/tls.html and OpenSSL. */
const likelyCauses: readonly LikelyCause[] = [
  {
    fits: failedWith(/^(ENOTFOUND|EAI_AGAIN)$/),
    detail: 'the name of the host is not known',
    fix: ({ address }) => `Check the host in ${address}, and the DNS of the machine that the worker runs on.`,
  },
  {
    fits: failedWith(/^ECONNREFUSED$/),
    detail: 'nobody listens there',
    fix: ({ provider, address }) =>
      `Start ${provider}, or check the host and the port in ${address}. In a container "localhost" is the container itself.`,
  },
  {
    fits: failedWith(/^(EHOSTUNREACH|ENETUNREACH|UND_ERR_CONNECT_TIMEOUT|ETIMEDOUT)$/),
    detail: 'nothing answers at that address',
    fix: ({ address }) =>
      `Check the host and the port in ${address}, and the firewalls between the worker and it.`,
  },
  {
    fits: failedWith(/WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|HTTP_REQUEST|^EPROTO$/),
    detail: 'the port speaks http, and was asked by https',
    fix: ({ address }) => `Begin ${address} with http://, or set it to the port that speaks https.`,
  },
  {
    fits: answered(400, /plain HTTP request was sent to (an )?HTTPS port|HTTP request to an HTTPS server/i),
    detail: 'the port speaks https, and was asked by http',
    fix: ({ address }) => `Begin ${address} with https://.`,
  },
  {
    fits: failedWith(/^HPE_/),
    detail: 'what answers there is no web server',
    fix: ({ address }) => `Check the port in ${address}.`,
  },
  {
    fits: ({ isAway, status, provider }) => isAway && provider === 'n8n' && (status ?? 500) < 500,
    detail: 'it is starting up',
    fix: () =>
      'Wait until n8n has started, then ask again. If it has: check N8N_HOST, and that its public API is not switched off (N8N_PUBLIC_API_DISABLED).',
  },
  {
    fits: ({ isAway, status }) => isAway && status !== undefined,
    detail: 'a proxy answers in its place, and does not reach it',
    fix: ({ provider, address }) => `Start ${provider}, or check where the proxy at ${address} leads.`,
  },
  {
    fits: answered(404, page),
    detail: 'there is a web server, and no such API at that path',
    fix: ({ address }) => `Check the host and the path in ${address}.`,
  },
];

function fixFor(source: Source, status = 0): string {
  const { provider, credentials, address } = named(source);
  if (status === 401) return `Renew ${credentials}: ${provider} does not accept it.`;
  if (status === 403) return `Renew ${credentials}, or give it the rights that README.md lists under Tokens.`;
  if (status === 404)
    return `Check the names in the variables of ${provider}: what they name is not there, or hidden from ${credentials}.`;
  if (status === 429) return `${provider} was asked too often: wait a few minutes, then ask again.`;
  if (status >= 200 && status < 400)
    return `Check ${address}: what answers there does not speak as ${provider} does.`;
  return `Check ${address}, the network from here and the status page of ${provider}, then ask again.`;
}
