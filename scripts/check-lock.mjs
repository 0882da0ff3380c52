// Checks that package-lock.json can be installed on every platform. npm leaves an optional platform package out of
// the lock without a word when the registry doesn't have it; `npm ci` then fails for everybody.
import { readFileSync } from 'node:fs';

/** @type {{ packages: Record<string, { optionalDependencies?: Record<string, string> }> }} */
const lock = JSON.parse(readFileSync(new URL('../package-lock.json', import.meta.url), 'utf8'));

/** Whether a package is there for one at `location`, in its own folder or in one further out. */
function isLocked(location, name) {
  for (
    let folder = location;
    ;
    folder = folder.slice(0, Math.max(0, folder.lastIndexOf('node_modules/') - 1))
  ) {
    const inside = folder === '' ? '' : `${folder}/`;
    if (`${inside}node_modules/${name}` in lock.packages) return true;
    if (folder === '') return false;
  }
}

const missing = Object.entries(lock.packages).flatMap(([location, { optionalDependencies = {} }]) =>
  Object.entries(optionalDependencies)
    .filter(([name]) => !isLocked(location, name))
    .map(
      ([name, range]) =>
        `  ${name}@${range}, wanted by ${location.replace(/^.*node_modules\//, '') || 'this project'}`,
    ),
);

if (missing.length > 0) {
  console.error(
    [
      `package-lock.json lacks ${missing.length} optional packages, so \`npm ci\` fails:`,
      ...missing,
      'Choose a version of the package that wants them whose platform packages are all in the registry.',
    ].join('\n'),
  );
  process.exit(1);
}
