/** A refusal of the API, as the person at the terminal reads it. */
import { z } from 'zod';
import { CliError, exitCodes, type ExitCode } from '../exit.ts';
import { isOutage } from './patience.ts';

const problemSchema = z.looseObject({
  title: z.string().optional(),
  detail: z.string().optional(),
  code: z.string().optional(),
  errors: z.array(z.object({ pointer: z.string(), detail: z.string() })).optional(),
  provisioningId: z.string().optional(),
  away: z.array(z.string()).optional(),
});

export class ApiProblem extends CliError {
  override readonly name = 'ApiProblem';
  readonly status: number;
  readonly code: string | undefined;
  /** The provisioning that stands in the way. */
  readonly provisioningId: string | undefined;
  /** The document as it came, for `--json`. */
  readonly body: unknown;

  constructor(request: string, status: number, body: unknown) {
    const problem = problemSchema.safeParse(body).data ?? {};
    super(exitCodeOf(status), messageOf(request, status, problem));
    this.status = status;
    this.code = problem.code;
    this.provisioningId = problem.provisioningId;
    this.body = body;
  }
}

function exitCodeOf(status: number): ExitCode {
  if (status === 401 || status === 403) return exitCodes.notAllowed;
  if (status === 404) return exitCodes.notFound;
  if (status === 409 || status === 422 || status === 428) return exitCodes.conflict;
  if (status === 429 || isOutage(status)) return exitCodes.away;
  return status < 500 ? exitCodes.usage : exitCodes.failed;
}

function messageOf(request: string, status: number, problem: z.infer<typeof problemSchema>): string {
  const { detail = problem.title, code, errors = [], provisioningId, away } = problem;
  const reason = away === undefined ? (detail ?? 'It says no more.') : `Away: ${away.join(', ')}.`;
  return [
    `${request} was answered ${status}${code === undefined ? '' : ` ${code}`}: ${reason}`,
    ...errors.map((error) => `  ${error.pointer}: ${error.detail}`),
    ...(provisioningId === undefined ? [] : [`  Look at it with: show ${provisioningId}`]),
    ...adviceOn(status, code),
  ].join('\n');
}

function adviceOn(status: number, code: string | undefined): string[] {
  if (status === 401)
    return ['  Run "login --url <address>" with a key that counts, or set PROVISIONER_KEY.'];
  if (status === 403) return ['  Ask an admin for a key with that role.'];
  if (status === 429) return ['  Try again later, or have RATE_LIMIT_PER_MINUTE raised.'];
  if (code === 'worker-unavailable') return ['  Is a worker running, and is the queue there? Run "doctor".'];
  if (status >= 300 && status < 400) return ['  The address leads elsewhere: give the one it leads to.'];
  return isOutage(status) ? ['  Try again later. "doctor" shows what is away.'] : [];
}
