import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newClientId, type ShownProvisioning, type Stack } from '../helpers/stack.ts';
import { countRows, moveTo, order, post, problemOf, startApi } from './support.ts';

let stack: Stack;
beforeAll(async () => {
  stack = await startApi();
});
afterAll(() => stack?.stop());

const toRunning = [['running', 'none']] as const;
const toFailed = [...toRunning, ['failed', 'pending'], ['failed', 'running']] as const;
const toSucceeded = [...toRunning, ['succeeded', 'none']] as const;
const toOffboarding = [...toSucceeded, ['succeeded', 'pending'], ['succeeded', 'running']] as const;

describe('the place of a client is taken by one that is', () => {
  test.each<[string, string, readonly (readonly [string, string])[]]>([
    ['queued', 'client-busy', []],
    ['running', 'client-busy', toRunning],
    ['paused', 'client-busy', [...toRunning, ['paused', 'none']]],
    ['being rolled back', 'client-busy', toFailed],
    ['incompletely rolled back', 'client-busy', [...toFailed, ['failed', 'incomplete']]],
    ['cancelled and not rolled back yet', 'client-busy', [['cancelled', 'pending']]],
    ['succeeded', 'client-exists', toSucceeded],
    ['being offboarded', 'client-busy', toOffboarding],
    ['incompletely offboarded', 'client-busy', [...toOffboarding, ['succeeded', 'incomplete']]],
  ])('%s: %s, with its id', async (_name, code, states) => {
    const clientId = newClientId();
    const holder = await stack.provision({ clientId });
    await moveTo(stack, holder.id, ...states);
    const before = await countRows(stack);

    const response = await post(stack, order({ clientId }));

    expect(response.status).toBe(409);
    expect(await problemOf(response)).toMatchObject({ code, provisioningId: holder.id });
    expect(await countRows(stack)).toBe(before);
  });
});

test('of many requests for one client at once exactly one is accepted, and the others name it', async () => {
  const clientId = newClientId();

  const responses = await Promise.all(Array.from({ length: 25 }, () => post(stack, order({ clientId }))));

  const accepted = responses.filter(({ status }) => status === 202);
  expect(accepted).toHaveLength(1);
  const [winner] = (await Promise.all(accepted.map((response) => response.json()))) as ShownProvisioning[];
  const refused = responses.filter(({ status }) => status !== 202);
  for (const problem of await Promise.all(refused.map(problemOf)))
    expect(problem).toMatchObject({ status: 409, code: 'client-busy', provisioningId: winner?.id });
});

test('one client does not stand in the way of another', async () => {
  const responses = await Promise.all(Array.from({ length: 10 }, () => post(stack, order())));

  expect(responses.map(({ status }) => status)).toEqual(Array.from({ length: 10 }, () => 202));
});
