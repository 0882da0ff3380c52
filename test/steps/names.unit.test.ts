import fc from 'fast-check';
import { expect, test } from 'vitest';
import { clientIdPattern, providerNames } from '../../src/names.ts';

const clientId = fc
  .stringMatching(/^[a-z0-9]+(-[a-z0-9]+)*$/)
  .filter((id) => id.length <= 50 && clientIdPattern.test(id));

test('different clients never have a name in common', () => {
  fc.assert(
    fc.property(clientId, clientId, (one, other) => {
      fc.pre(one !== other);
      const names = Object.values(providerNames(one));
      expect(Object.values(providerNames(other)).filter((name) => names.includes(name))).toEqual([]);
    }),
    { numRuns: 500 },
  );
});

test('every name is one that its provider accepts', () => {
  fc.assert(
    fc.property(clientId, (id) => {
      const names = providerNames(id);
      expect(names.supabaseProject).toMatch(/^[^.]{1,256}$/);
      expect(names.repository).toMatch(/^[\w.-]{1,100}$/);
      expect(names.vercelProject).toMatch(/^(?!.*---)[a-z0-9._-]{1,100}$/);
      expect(names.workflow.length).toBeLessThanOrEqual(128);
      expect(names.webhookPath).toMatch(/^[a-z0-9-]+\/content$/);
      expect(names.webhookId).toMatch(
        /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
      );
    }),
    { numRuns: 500 },
  );
});

test("a client's names never change", () => {
  expect(providerNames('acme')).toEqual({
    supabaseProject: 'client-acme-prod',
    repository: 'client-acme-app',
    vercelProject: 'client-acme-app',
    workflow: 'Client acme',
    webhookPath: 'client-acme/content',
    webhookId: '7cd7d673-3cf7-85b5-9bc0-dbf14564e72e',
  });
});
