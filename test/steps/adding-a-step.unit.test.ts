/** `docs/adding-a-step.md` shows the example that `sixth-step.test.ts` runs, and nothing else. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

/** The text of each block of TypeScript, by the path in its first line. */
const shown = new Map(
  [...readFileSync('docs/adding-a-step.md', 'utf8').matchAll(/^```ts\n\/\/ (\S+)\n([^]*?)^```$/gm)].map(
    ([, path = '', text = '']) => [path, text],
  ),
);

/** A file of the example, with its imports as they are in `src`. */
function inSources(file: string): string {
  return readFileSync(`test/steps/example/${file}`, 'utf8')
    .replaceAll("'../../../src/steps/", "'./")
    .replaceAll("'../../../src/", "'../")
    .replaceAll("'./status.ts'", "'../providers/status.ts'");
}

test.each([
  ['src/providers/status.ts', 'status.ts'],
  ['src/steps/status-page.ts', 'status-page.ts'],
])('%s is shown as it runs', (path, file) => {
  expect(shown.get(path)).toBe(inSources(file));
});

test('nothing else is shown', () => {
  expect([...shown.keys()]).toEqual(['src/providers/status.ts', 'src/steps/status-page.ts']);
});
