/** I12, the other half: each step has seen its success after its last change, and not concluded it from an answer. */
import type { JournalEntry } from '../../../sandbox/journal.ts';
import type { Violation } from '../world.ts';
import { broken, slackMs, type Case } from './cases.ts';
import type { OwnedMutation } from './facts.ts';
import { stepOf, webhookPathOf } from './names.ts';
import { textField } from './read.ts';

/** The read that shows it, as a path. Undefined: this step's success cannot be seen in the requests. */
const proofs: Readonly<Record<string, (one: Case) => RegExp | undefined>> = {
  'supabase-project': ({ runs }) => pathOf('/v1/projects/', output(runs, 'supabaseProjectRef')),
  'github-repo': ({ runs }) => {
    const name = output(runs, 'githubRepoName');
    return name === undefined ? undefined : new RegExp(`^/repos/[^/]+/${name}/`);
  },
  'vercel-deployment': ({ runs }) => pathOf('/v13/deployments/', output(runs, 'vercelDeploymentId')),
  'n8n-webhooks': ({ clientId }) => pathOf('/webhook/', webhookPathOf(clientId)),
};

export function judgeObservations(
  cases: readonly Case[],
  mutations: readonly OwnedMutation[],
  journal: readonly JournalEntry[],
): Violation[] {
  return cases.flatMap((one) =>
    one.events
      .filter(({ type }) => type === 'step.succeeded')
      .flatMap(({ data, at }) => {
        const step = textField(data, 'step') ?? '';
        const proof = proofs[step]?.(one);
        if (proof === undefined) return [];
        const endedAt = at.getTime() + slackMs;
        const changes = mutations.filter(
          ({ owner, kind, effects, ...mutation }) =>
            owner === one &&
            kind !== undefined &&
            stepOf[kind] === step &&
            mutation.at <= endedAt &&
            !effects.includes(schemaEffect),
        );
        const changedAt = changes.at(-1)?.at ?? -Infinity;
        const isSeen = journal.some(({ method, path, receivedAt, outcome }) => {
          const lookedAt = Date.parse(receivedAt);
          if (!reads.has(method) || outcome !== 'answered' || !proof.test(path)) return false;
          return lookedAt >= changedAt && lookedAt <= endedAt;
        });
        return isSeen
          ? []
          : [broken('I12', `${one.label}: ${step} succeeded, and nobody had looked since its last change`)];
      }),
  );
}

/** A webhook is asked with OPTIONS, which runs nothing. */
const reads = new Set(['GET', 'OPTIONS']);

/** Of another step, and about the project of the first. */
const schemaEffect = 'apply template schema';

function output(runs: Case['runs'], key: string): string | undefined {
  return runs.map((run) => textField(run.output, key)).find((value) => value !== undefined);
}

function pathOf(before: string, last: string | undefined): RegExp | undefined {
  return last === undefined ? undefined : new RegExp(`^${before}${last}/?(\\?|$)`);
}
