/**
 * I22: a provider that is away for seconds is waited for, in a run as in an undo.
 *
 * A step that gives up is judged where an outage that was shorter than READY_TIMEOUT_MS is all that was wrong for it.
 * Where anything else was, its failure may be right, and nobody here decides that.
 */
import type { ProviderName } from '../../../sandbox/exchange.ts';
import type { JournalEntry } from '../../../sandbox/journal.ts';
import type { EventRow, Outage, Violation } from '../world.ts';
import { broken, slackMs, type Case } from './cases.ts';
import type { Facts } from './facts.ts';
import { isNamed, nameOf } from './names.ts';
import { periodsOf, type Period } from './periods.ts';
import { textField } from './read.ts';

export function judgePatience(facts: Facts): Violation[] {
  return facts.cases.flatMap((one) => [
    ...judgeDisowned(facts, one),
    ...periodsOf(one).flatMap((period) => {
      const outage = soleReason(facts, one, period);
      if (outage === undefined) return [];
      const act = period.direction === 'run' ? period.step : `the undo of ${period.step}`;
      const code = codeOf(period.until) ?? '';
      return [
        broken(
          'I22',
          `${one.label}: ${act} gave up with ${code}, and all that was wrong was that ${outage.provider} ` +
            `was away for ${lengthOf(outage)} ms (${outage.form})`,
        ),
      ];
    }),
  ]);
}

/** What our own create has made, and answered for, is ours: no refusal of a moment makes it somebody else's. */
function judgeDisowned({ mutations }: Facts, one: Case): Violation[] {
  return one.created
    .filter(({ state, external_id: id }) => {
      const making = mutations.find(({ entry }) => entry.effect === 'created' && entry.objectId === id);
      return state === 'unknown' && making?.owner === one && making.entry.status === 201;
    })
    .map(({ kind, external_id: id }) =>
      broken(
        'I22',
        `${one.label} no longer counts ${kind} ${id} as its own, which its own create has answered for`,
      ),
    );
}

/** Whom a step asks. */
const providersOf: Readonly<Record<string, readonly ProviderName[]>> = {
  'supabase-project': ['supabase'],
  'database-schema': ['supabase'],
  'github-repo': ['github'],
  'vercel-deployment': ['vercel', 'github'],
  'n8n-webhooks': ['n8n'],
};

/** As what somebody may take a provider that is away. All other codes are about something that was seen. */
const codes = new Set([
  'provider-unavailable',
  'provider-rejected',
  'credentials-rejected',
  'not-ready-in-time',
]);

/** The outage that has ended the step. Undefined: it has not failed, or it may have had a reason to. */
function soleReason(facts: Facts, one: Case, { step, from, until }: Period): Outage | undefined {
  const { world } = facts;
  const asked = providersOf[step] ?? [];
  const { readyTimeoutMs } = world.limits;
  if (until === undefined || !until.type.endsWith('.failed') || !codes.has(codeOf(until) ?? ''))
    return undefined;
  const [beganAt, endedAt] = [from.at.getTime(), until.at.getTime()];
  const isMet = (at: string, to: string) =>
    Date.parse(at) <= endedAt + slackMs && Date.parse(to) >= beganAt - slackMs;
  const outages = world.outages.filter(
    (outage) => asked.includes(outage.provider) && isMet(outage.from, outage.until),
  );
  const mayHaveReason =
    // It may have waited for something else before, and one deadline is for all that it waits for in a row.
    endedAt - beganAt >= readyTimeoutMs ||
    outages.some((outage) => lengthOf(outage) >= readyTimeoutMs) ||
    asked.some((provider) => world.impaired.includes(provider)) ||
    isMeddledWith(facts, one) ||
    world.journal.some(
      (entry) =>
        asked.includes(entry.provider) && isMet(entry.receivedAt, entry.at) && isWrong(entry, outages),
    );
  return mayHaveReason ? undefined : outages[0];
}

/** A stranger has the name of something of this client, or has changed what is its own. */
function isMeddledWith({ world }: Facts, { clientId, created }: Case): boolean {
  return world.strangers.some(
    ({ kind, id, name }) =>
      (isNamed(kind) && name === nameOf(kind, clientId)) || created.some((row) => row.external_id === id),
  );
}

/** Answers with which a provider says that it will not, or cannot. That something is not there is none. */
const refusals = new Set([400, 401, 402, 403, 408, 409, 422, 423, 429]);

/** An answer that could end a step by itself. An outage's own are told by their time. */
function isWrong({ provider, fault, outcome, status, receivedAt }: JournalEntry, outages: readonly Outage[]) {
  if (fault !== undefined) return true;
  const at = Date.parse(receivedAt);
  const isOfOutage = outages.some(
    (outage) =>
      outage.provider === provider &&
      at >= Date.parse(outage.from) - slackMs &&
      at <= Date.parse(outage.until) + slackMs,
  );
  if (isOfOutage) return false;
  return outcome === 'hung' || refusals.has(status ?? 0) || (status ?? 0) >= 500;
}

function codeOf(event: EventRow | undefined): string | undefined {
  return textField(event?.data, 'error', 'code');
}

function lengthOf({ from, until }: Outage): number {
  return Date.parse(until) - Date.parse(from);
}
