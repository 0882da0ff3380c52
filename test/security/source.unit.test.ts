/** What the sources themselves promise. */
import { globSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { z } from 'zod';

const read = (file: string) => readFileSync(file, 'utf8');

test('every test that docs/security.md names is there', () => {
  const named = [...read('docs/security.md').matchAll(/^\|.*\| `(test\/[^`]+)`: (.+) \|$/gm)];

  expect(named.length).toBeGreaterThan(40);
  for (const [, file = '', name = ''] of named) expect(read(file), file).toContain(name);
});

/** Pieces of SQL that have a name, and a number; none of them holds anything that came from outside. */
const constants = new Set([
  'batch',
  'givenBack',
  'handedOn',
  'hasNotBegun',
  'isUnderWay',
  'keptFor',
  'lockKey',
  'madeTablesSql',
  'noWait',
  'notInvoker',
  'readsTables',
  'shown',
  'sql',
  'stateInSql',
  'table',
  'tell',
  "tables.join(', ')",
  'timeoutMs',
]);

/** A template's transaction is one text, over https at least: what comes from outside is quoted in it, by these. */
const quoting = /^(literal|textArray|ofExtension|markerSql)\(/;

/** What is put into the text of statements. */
function putInto(source: string): string[] {
  return [
    ...source.matchAll(/`(\s*(?:select|insert into|update|delete from|with|lock|set|notify) [^`]*)`/g),
  ].flatMap(([, statement = '']) => [...statement.matchAll(/\$\{([^}]*)\}/g)].map(([, what = '']) => what));
}

test('no value gets into the text of a statement', () => {
  // The sandbox and what starts a database of its own are not part of the service.
  const sources = globSync('src/**/*.ts').filter((file) => !/^src\/(sandbox|local|demo)\//.test(file));

  const filled = sources.flatMap((file) => putInto(read(file)).map((what) => ({ file, what })));

  const isQuoted = ({ file, what }: (typeof filled)[number]) =>
    file.startsWith('src/steps/schema/') && quoting.test(what);
  const others = filled.filter((one) => !isQuoted(one));
  expect(others.filter(({ what }) => !constants.has(what))).toEqual([]);
  expect(new Set(others.map(({ what }) => what))).toEqual(constants);
});

test('nothing is encrypted with WebCrypto, which an error that a connection has left behind aborts', () => {
  const encryption = /\b(subtle|webcrypto|CompactEncrypt|compactDecrypt|EncryptJWT|jwtDecrypt)\b/;
  const users = globSync('src/**/*.ts').filter((file) => encryption.test(read(file)));

  expect(users).toEqual([]);
});

const lockFile = z.object({
  packages: z.record(
    z.string(),
    z.object({
      resolved: z.string().optional(),
      integrity: z.string().optional(),
      hasInstallScript: z.boolean().optional(),
      inBundle: z.boolean().optional(),
    }),
  ),
});

function installed() {
  const { packages } = lockFile.parse(JSON.parse(read('package-lock.json')));
  return Object.entries(packages).filter(([place, { inBundle }]) => place !== '' && inBundle !== true);
}

test('every package has a hash, and comes from the registry', () => {
  expect(
    installed()
      .filter(
        ([, { resolved, integrity }]) =>
          // Left out where it is the registry's own.
          resolved !== undefined || integrity?.startsWith('sha512-') !== true,
      )
      .map(([place]) => place),
  ).toEqual([]);
});

test('no package may run a script when it is installed', () => {
  const { allowScripts } = z
    .object({ allowScripts: z.record(z.string(), z.boolean()) })
    .parse(JSON.parse(read('package.json')));

  const withScript = installed().flatMap(([place, { hasInstallScript }]) =>
    hasInstallScript === true
      ? [place.slice(place.lastIndexOf('node_modules/') + 'node_modules/'.length)]
      : [],
  );

  expect(withScript.length).toBeGreaterThan(0);
  for (const name of withScript) expect(allowScripts, name).toHaveProperty([name], false);
});
