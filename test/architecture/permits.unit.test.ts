/** Every mutating call goes through the ledger: what the compiler does not hold, these tests over the sources do. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '../../src');
const product = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts'))
  .map((path) => ({ path: relative('.', path), text: readFileSync(join(root, path), 'utf8') }));

function filesWith(pattern: RegExp): string[] {
  return product.filter(({ text }) => pattern.test(text)).map(({ path }) => path);
}

test('only the protocol of an effect, and the deletion of an orphan, grant permits', () => {
  expect(filesWith(/Permit\.grant\(/).toSorted()).toEqual([
    'orphans/remove-orphan.ts',
    'worker/effects/protocol.ts',
  ]);
});

test('an orphan is deleted by the command alone: neither server nor worker can', () => {
  expect(filesWith(/from '[^']*\/remove-orphan\.ts'/)).toEqual(['commands/orphans/main.ts']);
});

test('the deletion of an orphan is written down before a permit for it is granted', () => {
  const text = product.find(({ path }) => path === 'orphans/remove-orphan.ts')?.text ?? '';
  const recorded = text.indexOf('await insertOrphanDeletion(');
  const asked = text.indexOf('await removeUntilGone(');
  expect(recorded).toBeGreaterThan(0);
  expect(asked).toBeGreaterThan(recorded);
  expect(text.indexOf('Permit.grant(')).toBeGreaterThan(text.indexOf('async function removeUntilGone('));
});

test('every mutating verb of a provider client takes a permit', () => {
  const clients = product.filter(({ path }) => path.startsWith('providers/'));
  const verbs = clients.flatMap(({ path, text }) =>
    [...text.matchAll(/'((?:POST|PUT|PATCH|DELETE) [^']*)'/g)].map((match) => {
      const before = text.slice(0, match.index);
      const signature = before.slice(before.lastIndexOf('    async '));
      return {
        where: `${path}: ${match[1] ?? ''}`,
        takesPermit: signature.includes('permit: Permit'),
        signature,
      };
    }),
  );
  expect(verbs.length).toBeGreaterThan(8);
  // The one POST that only reads: Supabase runs it as a role that cannot write.
  const exempt = ({ signature }: { signature: string }) => signature.includes('async queryReadOnly');
  expect(verbs.filter((verb) => !verb.takesPermit && !exempt(verb)).map(({ where }) => where)).toEqual([]);
});

test('nothing reaches the network but the http module, the callbacks, the command line and the projects’ databases', () => {
  expect(filesWith(/(?<![.\w])fetch\(/).toSorted()).toEqual([
    'callbacks/agent.ts',
    'cli/api/client.ts',
    'http/request.ts',
  ]);
  expect(filesWith(/new pg\.Client\(/)).toEqual([
    'ledger/presence.ts',
    'providers/postgres.ts',
    'queue/queues.ts',
  ]);
});

test('a permit is taken before a request leaves', () => {
  const http = product.find(({ path }) => path === 'http/request.ts')?.text ?? '';
  expect(http.indexOf('permit?.take()')).toBeGreaterThan(0);
  expect(http.indexOf('permit?.take()')).toBeLessThan(http.indexOf('await sendRequest('));
});
