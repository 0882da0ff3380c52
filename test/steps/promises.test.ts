/** What `step.ts` promises of every step, held against each one of the list; a new step gets it by being there. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { z } from 'zod';
import type { ProviderName } from '../../sandbox/sandbox.ts';
import { connectStep } from '../../src/steps/connect.ts';
import { steps } from '../../src/steps/index.ts';
import { nobodysIntent, type ResourceContext, type ResourceType, type Step } from '../../src/steps/step.ts';
import { newClientId, startStack, type ShownProvisioning, type Stack } from '../helpers/stack.ts';
import { post, unknownId } from '../server/support.ts';

type AnyType = ResourceType<object, object>;

const clientId = newClientId();
/** The numbers of requests at which each step's `run`, and later its `undo`, came to its end for the first time. */
const endedAt = new Map<string, { run?: number; undo?: number }>();
const contexts = new Map<string, ResourceContext<object>>();
let stack: Stack;
let made: ShownProvisioning;
let undone: ShownProvisioning;

const journal = (after?: number) => stack.sandbox.control.journal(after);

/** The step, whose first `run` and first `undo` get to their end and are lost there: each begins again from the top. */
function losingItsEnd(step: Step): Step {
  const ends: { run?: number; undo?: number } = {};
  endedAt.set(step.name, ends);
  const loseOnce = (what: 'run' | 'undo') => {
    if (ends[what] !== undefined) return;
    ends[what] = journal().at(-1)?.sequence ?? 0;
    throw new Error(`the first ${what} is lost at its end`);
  };
  return {
    ...step,
    async run(context) {
      contexts.set(step.name, context);
      const output = await step.run(context);
      loseOnce('run');
      return output;
    },
    async undo(context) {
      await step.undo(context);
      loseOnce('undo');
    },
  };
}

beforeAll(async () => {
  stack = await startStack({ backend: 'redis', steps: steps.map(losingItsEnd) });
  const { id } = await stack.provision({ clientId });
  made = await stack.waitUntilDone(id);
});
afterAll(() => stack?.stop());

/** The context that a look-up of this step works with, for calls that no lease bounds. */
function contextOf(
  step: Step,
  client: { provisioningId?: string } = {},
  timeoutMs = 10_000,
): ResourceContext<object> {
  const connection = connectStep(step, stack.environment);
  const context = contexts.get(step.name);
  if (!connection.isComplete || context === undefined) throw new Error(`${step.name} has not run`);
  const { signal } = new AbortController();
  return {
    ...context,
    client: { ...context.client, ...client },
    providers: connection.connect({ timeoutMs, signal }),
  };
}

const recordOf = ({ kind }: AnyType) => {
  const records = made.resources.filter((resource) => resource.kind === kind);
  expect(records).toHaveLength(1);
  const [record] = records;
  if (record?.externalId == null) throw new Error(`no ${kind} is recorded`);
  return { ...record, externalId: record.externalId };
};
/** The providers that hold what is of these types. */
const providersOf = (types: readonly AnyType[]) => new Set(types.map(({ kind }) => kind.split('.')[0]));
const changesSince = (sequence = 0, until = Infinity) =>
  journal(sequence).filter((entry) => entry.effect !== 'none' && entry.sequence <= until);

describe.each(steps)('$name', (step) => {
  const types = (step.resources ?? []) as readonly AnyType[];

  test('a run that is lost at its end begins again, and makes nothing a second time', async () => {
    expect(made).toMatchObject({ status: 'succeeded' });
    const at = steps.indexOf(step);
    const next = steps[at + 1];
    const ended = endedAt.get(step.name)?.run;
    expect(ended).toBeDefined();
    const repeated = changesSince(ended, next && endedAt.get(next.name)?.run);
    const providers = providersOf(types);
    expect(repeated.filter(({ provider }) => providers.has(provider))).toEqual([]);
    const { rows: effects } = await stack.pool.query<{ name: string; calls: number }>(
      `select name, calls from ledger.effects where provisioning_id = $1 and step = $2 and verb <> 'delete'`,
      [made.id, step.name],
    );
    expect(effects.length).toBeGreaterThan(0);
    expect(effects).toEqual(effects.map(({ name }) => ({ name, calls: 1 })));
  });

  test('it records the output that it declares, and the result shows a part of that', async () => {
    const { rows } = await stack.pool.query<{ output: Record<string, unknown> }>(
      `select output from ledger.steps where provisioning_id = $1 and name = $2 and direction = 'run'`,
      [made.id, step.name],
    );
    const output = rows[0]?.output ?? {};
    expect(Object.keys(output).toSorted()).toEqual(Object.keys(step.output.shape).toSorted());
    expect(step.output.safeParse(output).success).toBe(true);
    for (const field of step.result) expect(made.result[field]).toBe(output[field]);
  });

  test('without its variables it is not connected, and each one that is missing is named', () => {
    const connection = connectStep(step, {});
    const variables = Object.entries(step.environment.shape) as [string, z.ZodType][];
    const required = variables
      .filter(([, variable]) => !variable.safeParse(undefined).success)
      .map(([name]) => name);
    expect(required.length).toBeGreaterThan(0);
    expect(connection).toMatchObject({ isComplete: false, variables: required });
  });

  describe.each(types)('$kind', (type) => {
    const provider = type.kind.split('.')[0] as ProviderName;

    test('what it made has the name that the client gives it, and is read by its id', async () => {
      const { externalId, name } = recordOf(type);
      expect(name).toBe(type.nameFor({ clientId }));
      expect(await type.read(contextOf(step), externalId)).toBe('present');
    });

    test('its maker finds it as its own; to anybody else it is foreign', async () => {
      const { externalId } = recordOf(type);
      const { rows } = await stack.pool.query<{ mark: string }>(
        `select mark from ledger.effects where id = (select effect_id from ledger.resources where external_id = $1)`,
        [externalId],
      );
      const own = { ...nobodysIntent, mark: rows[0]?.mark ?? '', recorded: [externalId], calls: 1 };
      const mine = await type.find(contextOf(step), own);
      expect(mine.objects).toMatchObject([{ externalId, isOurs: true }]);

      const theirs = await type.find(contextOf(step, { provisioningId: unknownId }), nobodysIntent);
      expect(theirs.objects).toMatchObject([{ externalId, isOurs: false }]);
    });

    test('a search for orphans sees it, by its list and by its id', async () => {
      const { externalId } = recordOf(type);
      const { providers } = contextOf(step);
      const listed = await type.search?.list(providers);
      const found = listed?.filter((one) => one.externalId === externalId);
      expect(found).toMatchObject([{ name: type.nameFor({ clientId }) }]);
      expect(await type.search?.read(providers, externalId)).toEqual(found?.[0]);
    });

    test.each(['error-before', 'drop-before', 'garbage', 'hang-before'] as const)(
      'while its provider answers with %s, a look is an error and never an absence',
      async (mode) => {
        const { externalId } = recordOf(type);
        const { control } = stack.sandbox;
        control.addFault({ provider, operation: '*', mode, times: -1 });
        const context = contextOf(step, {}, mode === 'hang-before' ? 300 : undefined);
        const { search } = type;
        const looks = await Promise.allSettled([
          type.find(context, nobodysIntent),
          type.read(context, externalId),
          ...(search === undefined
            ? []
            : [search.list(context.providers), search.read(context.providers, externalId)]),
        ]);
        const sight = await type.proveSight(context).catch(() => undefined);
        control.clearFaults();

        expect(looks.map(({ status }) => status)).toEqual(looks.map(() => 'rejected'));
        expect(sight?.sees).not.toBe('all');
      },
    );

    test('its token sees everything of that kind', async () => {
      expect(await type.proveSight(contextOf(step))).toEqual({ sees: 'all' });
    });
  });
});

describe('once the client is offboarded', () => {
  let before: number;
  beforeAll(async () => {
    before = journal().at(-1)?.sequence ?? 0;
    const path = `/api/provisioning/${made.id}/rollback`;
    await post(stack, { confirm: clientId }, { path });
    undone = await stack.waitUntilDone(made.id);
  });

  describe.each(steps)('$name', (step) => {
    const types = (step.resources ?? []) as readonly AnyType[];

    test('an undo that is lost at its end begins again, and asks for no deletion a second time', () => {
      expect(undone).toMatchObject({ rollback: { status: 'completed' } });
      const ended = endedAt.get(step.name)?.undo;
      expect(ended).toBeDefined();
      const providers = providersOf(types);
      const deletions = journal(before).filter(
        ({ method, provider }) => method === 'DELETE' && providers.has(provider),
      );
      // A refusal, as of what is still being unpublished, deletes nothing and may be tried again.
      expect(deletions.filter(({ effect }) => effect === 'deleted')).toHaveLength(types.length);
      expect(deletions.filter(({ sequence }) => sequence > (ended ?? 0))).toEqual([]);
    });

    test.each(types)('no $kind of it is left', async (type) => {
      expect(['gone', 'absent']).toContain(await type.read(contextOf(step), recordOf(type).externalId));
      expect((await type.find(contextOf(step), nobodysIntent)).objects).toEqual([]);
    });
  });
});
