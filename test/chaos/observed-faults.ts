/** Which of the faults that are not counted where they happen can be seen in what came of a schedule. Pure. */
import type { DrawnOutage, FaultName } from './faults.ts';
import type { Schedule } from './schedule.ts';
import type { Outage, World } from './world.ts';

export function observedFaults(schedule: Schedule, world: World): FaultName[] {
  const { journal, received, requests, ledger, outages } = world;
  const drawn = (name: FaultName) => schedule.faultNames.includes(name);
  const { lag, slowDelete, refusedDeletion, revoked } = schedule;
  const wasOut = (name: FaultName) =>
    schedule.outages.some((plan) => plan.name === name && outages.some((one) => isMet(one, plan, world)));
  const observed: Partial<Record<FaultName, boolean>> = {
    lag:
      lag !== undefined &&
      journal.some(({ provider, effect }) => provider === lag.provider && effect === 'created'),
    'slow-delete':
      slowDelete !== undefined &&
      journal.some(({ effect, objectKind }) => effect === 'deleted' && objectKind === slowDelete.kind),
    'refused-delete':
      refusedDeletion !== undefined &&
      journal.some(({ method, status }) => method === 'DELETE' && status === 403),
    'revoked-token':
      revoked !== undefined &&
      journal.some(({ provider, status }) => provider === revoked.provider && status === 401),
    'outage-refused': wasOut('outage-refused'),
    'outage-page': wasOut('outage-page'),
    'n8n-starting': wasOut('n8n-starting'),
    crowded: schedule.isCrowded && journal.some(({ path }) => path.includes('cursor=')),
    foreign: ledger.provisionings.some(({ failure }) => failure?.code === 'name-taken'),
    'receiver-fails': drawn('receiver-fails') && received.some(({ status }) => status === 500),
    'receiver-gone': drawn('receiver-gone') && received.some(({ status }) => status === 410),
    'receiver-redirects': drawn('receiver-redirects') && received.some(({ status }) => status === 307),
    'receiver-slow': drawn('receiver-slow') && received.length > 0,
    'asked-twice':
      schedule.isAskedTwice &&
      requests.filter(({ act, status }) => act === 'create' && status !== undefined).length > 1,
    'template-commits': schedule.brokenTemplate === 'commits' && hasRefused(world),
    'template-open': schedule.brokenTemplate === 'open' && hasRefused(world),
    cancel: requests.some(({ act, status }) => act === 'cancel' && status === 202),
    paused: ledger.events.some(({ type }) => type === 'provisioning.paused'),
  };
  return (Object.keys(observed) as FaultName[]).filter((name) => observed[name] === true);
}

const soonMs = 2000;

/** Somebody was about to ask that provider: it got requests shortly before, and again as soon as it was back. */
function isMet(outage: Outage, plan: DrawnOutage, { journal }: World): boolean {
  const isIt = outage.provider === plan.provider && outage.form === String(plan.form);
  const [from, until] = [Date.parse(outage.from), Date.parse(outage.until)];
  const hasBetween = (start: number, end: number) =>
    journal.some(({ provider, receivedAt }) => {
      const at = Date.parse(receivedAt);
      return provider === outage.provider && at >= start && at <= end;
    });
  return isIt && hasBetween(from - soonMs, from) && hasBetween(until, until + soonMs);
}

/** The template was refused: by its text, by PostgreSQL, or by what it has made. */
function hasRefused({ ledger }: World): boolean {
  return ledger.events.some(({ type, data }) => type === 'step.failed' && data['step'] === 'database-schema');
}
