/** `npm run explore`: how many states there are for each number of faults. `-- bugs`: how each planted bug is found. */
import { performance } from 'node:perf_hooks';
import { brokenRules } from './broken.ts';
import { explore, type Breach } from './explore.ts';
import { productRules } from './rules.ts';

function print(...lines: string[]): void {
  process.stdout.write(`${lines.join('\n')}\n`);
}

function printBreach({ promise, trace }: Breach): void {
  print(`broken: ${promise}`, ...trace.map((line, index) => `  ${index + 1}. ${line}`));
}

function list(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .map(([name, count]) => `${name} ${count}`)
    .join(', ');
}

if (process.argv[2] === 'bugs') {
  for (const { name, rules } of brokenRules) {
    print('', name);
    const { breach } = explore(rules, 3);
    if (breach === undefined) process.exitCode = 1;
    else printBreach(breach);
  }
} else {
  const startedAt = performance.now();
  const { worlds, moves, endings, faults, breach } = explore(productRules, 3);
  print(
    ...worlds.map((count, number) => `${number} faults: ${count} states`),
    `transitions: ${moves}`,
    `faults: ${list(faults)}`,
    `endings: ${list(endings)}`,
    `seconds: ${((performance.now() - startedAt) / 1000).toFixed(1)}`,
  );
  if (breach !== undefined) {
    printBreach(breach);
    process.exitCode = 1;
  }
}
