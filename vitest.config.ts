import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { compileCache } from './test/helpers/services/compile-cache.ts';
import { TotalsReporter } from './test/helpers/totals-reporter.ts';

// The programs that tests start load the same modules again and again: Node keeps what it has compiled of them.
process.env['NODE_COMPILE_CACHE'] ??= compileCache;

/** Files that wait much begin first: others work meanwhile, and none of them is left for the end. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) =>
      ['/test/e2e/', '/test/chaos/', '/test/saga/', ''].findIndex((folder) => moduleId.includes(folder));
    // oxlint-disable-next-line unicorn/no-array-sort -- no array's
    return (await super.sort(files)).toSorted((a, b) => rank(a) - rank(b));
  }
}

export default defineConfig({
  test: {
    reporters: ['default', new TotalsReporter()],
    // Tests wait for servers far more than they compute, so two cores carry more than two of them.
    maxWorkers: 6,
    // Files share the modules of their process: no test alters one, and to load the product takes a second or two.
    isolate: false,
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.unit.test.ts'],
          testTimeout: 30_000,
        },
      },
      {
        test: {
          name: 'integration',
          include: ['test/**/*.test.ts'],
          exclude: ['test/**/*.unit.test.ts'],
          globalSetup: ['test/helpers/services/global-setup.ts'],
          // Bounds for a machine that is busy, not waits: a test that hangs ends all the same.
          testTimeout: 180_000,
          hookTimeout: 180_000,
        },
      },
    ],
  },
});
