/** Takes one client of a batch to its end: ordered if it was not, followed until it rests, written down. */
import { setTimeout as delay } from 'node:timers/promises';
import { provisioningShown, type ShownProvisioning } from '../api/answers.ts';
import type { Api } from '../api/client.ts';
import { ApiProblem } from '../api/problem.ts';
import { showProvisioning, type Found } from '../clients.ts';
import { read } from '../context.ts';
import { exitCodes } from '../exit.ts';
import { sendOrder } from '../orders.ts';
import { hasEndedWell, isAtRest, isUndone, stateWords } from '../progress/outcome.ts';
import type { Result, Results } from './results.ts';
import { idempotencyKeyOf, type Row } from './rows.ts';

export interface Run {
  readonly api: Api;
  readonly results: Results;
  readonly signal: AbortSignal;
  readonly pollMs: number;
}

export interface Ended {
  readonly result: Result;
  /** The provisioning as the API showed it last; undefined where there is none of this batch. */
  readonly body: unknown;
}

/** Throws where the API is away or takes no order of this key: then the whole batch stops, and can go on later. */
export async function runRow(row: Row, run: Run): Promise<Ended> {
  const { clientId } = row.order;
  const known = run.results.find(clientId);
  const earlier = known?.hash === row.hash ? known : undefined;
  const before = earlier && (await lookAtEarlier(earlier, run.api));
  // A client that somebody has cancelled or offboarded since is not made again.
  const hasToBeSent = before === undefined || (before.shown.status === 'failed' && isUndone(before.shown));
  const attempt = earlier === undefined ? 1 : earlier.attempt + (before !== undefined && hasToBeSent ? 1 : 0);
  const record = async (part: Pick<Result, 'outcome' | 'provisioningId' | 'reason' | 'result'>) => {
    const result: Result = { hash: row.hash, attempt, at: new Date().toISOString(), ...part };
    await run.results.record(clientId, result);
    return result;
  };
  try {
    const found = hasToBeSent ? await send(row, attempt, run.api) : before;
    const provisioningId = found.shown.id;
    await record({ outcome: 'under-way', provisioningId, reason: null, result: {} });
    const last = await untilAtRest(provisioningId, run);
    return { result: await record(resultOf(last.shown)), body: last.answer.body };
  } catch (error) {
    if (!(error instanceof ApiProblem) || !isOfThisClient(error)) throw error;
    const outcome = error.exitCode === exitCodes.conflict ? 'exists' : 'refused';
    const { provisioningId = null } = error;
    const result = await record({ outcome, provisioningId, reason: error.message, result: {} });
    return { result, body: undefined };
  }
}

/** The provisioning of an earlier run. Undefined: none is known, or it is no longer kept. */
async function lookAtEarlier({ provisioningId, outcome }: Result, api: Api): Promise<Found | undefined> {
  // One that existed already was not this batch's.
  if (provisioningId === null || outcome === 'exists') return undefined;
  try {
    return await showProvisioning(api, provisioningId);
  } catch (error) {
    if (error instanceof ApiProblem && error.status === 404) return undefined;
    throw error;
  }
}

async function send(row: Row, attempt: number, api: Api): Promise<Found> {
  const answer = await sendOrder(api, row.order, idempotencyKeyOf(row, attempt));
  return { answer, shown: read(provisioningShown, answer) };
}

async function untilAtRest(id: string, { api, signal, pollMs }: Run): Promise<Found> {
  for (;;) {
    const found = await showProvisioning(api, id);
    if (isAtRest(found.shown)) return found;
    await delay(pollMs, undefined, { signal });
  }
}

function resultOf(shown: ShownProvisioning) {
  const { failure } = shown;
  const isWell = hasEndedWell(shown) && !isUndone(shown);
  const why = failure === null ? '' : `: ${failure.step} failed, ${failure.code}: ${failure.message}`;
  return {
    outcome: isWell
      ? ('succeeded' as const)
      : shown.needsAttention
        ? ('needs-attention' as const)
        : ('failed' as const),
    provisioningId: shown.id,
    reason: isWell ? null : `${stateWords(shown)}${why}`,
    result: shown.result,
  };
}

/** True for what the API refuses of this client alone; others would be refused as well otherwise. */
function isOfThisClient({ exitCode }: ApiProblem): boolean {
  return exitCode === exitCodes.conflict || exitCode === exitCodes.usage;
}
