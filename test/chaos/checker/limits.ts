/** I17 and I23: attempts, calls and records are bounded, and nothing gives up without a reason. */
import type { Violation, World } from '../world.ts';
import { broken, type Case } from './cases.ts';
import { groupBy, textField } from './read.ts';

export function judgeLimits({ limits }: World, cases: readonly Case[]): Violation[] {
  return cases.flatMap((one) => [
    ...[...judgeAttempts(one, limits), ...judgeEffects(one, limits), ...judgeReasons(one)].map((what) =>
      broken('I17', `${one.label}: ${what}`),
    ),
    ...judgeGrowth(one).map((what) => broken('I23', `${one.label}: ${what}`)),
  ]);
}

function judgeAttempts({ runs, undos, events }: Case, { maxAttempts }: World['limits']): string[] {
  return [
    ...[...runs, ...undos]
      .filter(({ attempts }) => attempts > maxAttempts)
      .map(({ direction, name, attempts }) => `${attempts} attempts at ${direction} of ${name}`),
    ...events
      .filter(({ type, data }) => type.endsWith('.started') && Number(data['attempt']) > maxAttempts)
      .map(({ sequence, data }) => `event ${sequence} is of attempt ${Number(data['attempt'])}`),
  ];
}

/** Looks get rarer up to five times the first interval; a quarter of that bound would do. */
function judgeEffects(
  { effects, events }: Case,
  { maxAttempts, readyTimeoutMs, pollBaseMs }: World['limits'],
): string[] {
  const rounds =
    1 + events.filter(({ type }) => type === 'provisioning.resumed' || type === 'rollback.requested').length;
  const most = rounds * maxAttempts * (10 + readyTimeoutMs / pollBaseMs);
  return effects.flatMap(({ name, verb, calls, doubts }) => [
    ...(calls > most ? [`${calls} calls of "${name}"`] : []),
    ...(verb === 'create' && doubts > rounds * maxAttempts
      ? [`${doubts} calls of "${name}" without an answer`]
      : []),
  ]);
}

function judgeReasons({ runs, undos, row, state }: Case): string[] {
  const isWithout = [...runs, ...undos].filter(
    ({ status, error }) => status === 'failed' && (error === undefined || error.message === ''),
  );
  return [
    ...isWithout.map(({ direction, name }) => `${direction} of ${name} failed without an error`),
    ...(state === 'paused/none' && row.failure === undefined ? ['it is paused and does not say why'] : []),
  ];
}

/** A wait is told once, not at each look; a beginning is told once for each attempt and each worker that was lost. */
function judgeGrowth({ events }: Case): string[] {
  const repeated = events.filter(({ type, data }, index) => {
    const before = events[index - 1];
    const waitingFor = textField(data, 'waitingFor');
    return (
      type.endsWith('.waiting') &&
      waitingFor !== undefined &&
      before?.type === type &&
      before.data['step'] === data['step'] &&
      before.data['waitingFor'] === waitingFor
    );
  });
  const begun = groupBy(
    events.filter(({ type }) => type.endsWith('.started')),
    ({ type, data }) => `${type} of ${String(data['step'])}`,
  );
  return [
    ...repeated
      .slice(0, 1)
      .map(({ sequence }) => `event ${sequence} tells again what the one before it has told`),
    ...[...begun]
      .filter(([, list]) => list.length > 200)
      .map(([what, list]) => `${list.length} times ${what}`),
  ];
}
