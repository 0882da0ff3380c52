/** `npm run explore`: how many worlds there are for each number of faults. */
import { performance } from 'node:perf_hooks';
import { explore } from './explore.ts';
import { productRules } from './rules.ts';

const startedAt = performance.now();
const { worlds, moves, endings, faults, breach } = explore(productRules, Number(process.argv[2] ?? 3));
for (const [count, number] of worlds.entries()) console.log(`${count} faults: ${number} states`);
console.log(`transitions: ${moves}`);
console.log('endings:', endings);
console.log('faults:', faults);
console.log(`seconds: ${((performance.now() - startedAt) / 1000).toFixed(1)}`);
if (breach !== undefined) {
  console.log(`BROKEN: ${breach.promise}`);
  for (const [index, line] of breach.trace.entries()) console.log(`${index + 1}. ${line}`);
  process.exitCode = 1;
}
