import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { clientIdPattern, longestClientId } from '../../src/provisioning.ts';
import { isClientName } from '../../src/steps/client-name.ts';
import { steps } from '../../src/steps/index.ts';
import { webhookId } from '../../src/steps/n8n-client-workflow.ts';
import { namesOf } from '../helpers/names.ts';

const clientIds = fc
  .stringMatching(/^[a-z0-9]+(-[a-z0-9]+)*$/)
  .filter((id) => id.length <= longestClientId && clientIdPattern.test(id));

const types = steps.flatMap((step) => step.resources ?? []);
const givenTo = (clientId: string) =>
  types.flatMap((type) => [
    [type.kind, type.nameFor({ clientId })] as const,
    ...Object.entries(type.otherNames?.({ clientId }) ?? {}),
  ]);

test('a client has the names that the outside was promised, for ever', () => {
  const promised = namesOf('acme');
  expect(Object.fromEntries(givenTo('acme'))).toEqual({
    'supabase.project': promised.supabaseProject,
    'github.repository': promised.repository,
    'vercel.project': promised.vercelProject,
    'n8n.workflow': promised.workflow,
    'n8n.webhook': promised.webhookPath,
  });
  expect(webhookId('acme')).toBe('7cd7d673-3cf7-85b5-9bc0-dbf14564e72e');
});

test('different clients never have a name in common', () => {
  fc.assert(
    fc.property(clientIds, clientIds, (one, other) => {
      fc.pre(one !== other);
      const taken = new Set([...givenTo(one).map(([, name]) => name), webhookId(one)]);
      const wanted = [...givenTo(other).map(([, name]) => name), webhookId(other)];
      expect(wanted.filter((name) => taken.has(name))).toEqual([]);
    }),
    { numRuns: 500 },
  );
});

/** The form of a name that each provider accepts. */
const accepted: Readonly<Record<string, RegExp>> = {
  'supabase.project': /^[^.]{1,256}$/,
  'github.repository': /^[\w.-]{1,100}$/,
  'vercel.project': /^(?!.*---)[a-z0-9._-]{1,100}$/,
  'n8n.workflow': /^.{1,128}$/,
  'n8n.webhook': /^[a-z0-9-]+\/content$/,
};

test('every name is one that its provider accepts', () => {
  fc.assert(
    fc.property(clientIds, (id) => {
      for (const [kind, name] of givenTo(id))
        expect(name).toMatch(accepted[kind] ?? 'a kind to be told of here');
      expect(webhookId(id)).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    }),
    { numRuns: 500 },
  );
});

describe.each(types.map((type) => [type.kind, type] as const))('of a %s', (_kind, type) => {
  const nameOf = (clientId: string) => type.nameFor({ clientId });

  test('every name that a client gives is recognized', () => {
    fc.assert(
      fc.property(clientIds, (clientId) => {
        expect(isClientName(nameOf, nameOf(clientId))).toBe(true);
      }),
    );
  });

  test.each(['', '-', 'A', 'a ', 'a--b', 'a'.repeat(longestClientId + 1)])('"%s" in it is no client', (id) =>
    expect(isClientName(nameOf, nameOf(id))).toBe(false),
  );
});
