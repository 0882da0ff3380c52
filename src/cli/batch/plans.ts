/** Plans all clients of a batch, and decides which of them are ordered. */
import pMap from 'p-map';
import { planShown, type ShownPlan } from '../api/answers.ts';
import type { Api } from '../api/client.ts';
import { ApiProblem } from '../api/problem.ts';
import { read } from '../context.ts';
import { exitCodes } from '../exit.ts';
import { planOrder } from '../orders.ts';
import type { Row } from './rows.ts';

export type Verdict =
  | { readonly is: 'free'; readonly words: string }
  /** Ordered all the same: an earlier run of this batch may have made it, and nothing is made twice. */
  | { readonly is: 'taken'; readonly words: string }
  /** Not ordered. */
  | { readonly is: 'blocked'; readonly words: string };

export interface Planned {
  readonly row: Row;
  readonly verdict: Verdict;
  /** The plan as the API gave it, or its refusal. */
  readonly body: unknown;
}

export interface Plans {
  readonly planned: readonly Planned[];
  /** Failed checks that are nothing of one client's: they stand in the way of all. */
  readonly obstacles: readonly { readonly what: string; readonly fix: string }[];
}

/** Throws where the API is away, or refuses more than one client's order. */
export async function planRows(
  api: Api,
  rows: readonly Row[],
  concurrency: number,
  signal: AbortSignal,
  onPlanned: () => void,
): Promise<Plans> {
  const obstacles = new Map<string, { what: string; fix: string }>();
  const planned = await pMap(
    rows,
    async (row): Promise<Planned> => {
      try {
        const answer = await planOrder(api, row.order);
        const plan = read(planShown, answer);
        for (const { provider, name, ok, detail, fix } of plan.preflight.checks)
          if (!ok && name !== nameCheck)
            obstacles.set(`${provider} ${name}`, { what: `${provider} ${name}: ${detail}`, fix: fix ?? '' });
        return { row, verdict: judgePlan(plan), body: answer.body };
      } catch (error) {
        if (!(error instanceof ApiProblem) || error.exitCode !== exitCodes.usage) throw error;
        return { row, verdict: { is: 'blocked', words: error.message }, body: error.body };
      } finally {
        onPlanned();
      }
    },
    { concurrency, signal },
  );
  return { planned, obstacles: [...obstacles.values()] };
}

/** The check of a plan that is about this client's names. */
const nameCheck = 'name-free';

function judgePlan({ takenBy, preflight, resources }: ShownPlan): Verdict {
  if (takenBy !== null)
    return {
      is: 'taken',
      words: takenBy.code === 'client-exists' ? 'exists already' : 'has a provisioning that is not done',
    };
  const taken = preflight.checks.find(({ name, ok }) => name === nameCheck && !ok);
  if (taken !== undefined) return { is: 'blocked', words: `${taken.provider}: ${taken.detail}` };
  return { is: 'free', words: `would get ${resources.map(({ name }) => name).join(', ')}` };
}
