import { defineConfig } from 'vitest/config';
import { compileCache } from './test/helpers/services/compile-cache.ts';
import { TotalsReporter } from './test/helpers/totals-reporter.ts';

const globalSetup = ['test/helpers/services/global-setup.ts'];

process.env['NODE_COMPILE_CACHE'] ??= compileCache;

export default defineConfig({
  test: {
    reporters: ['default', new TotalsReporter()],
    // Tests wait for servers far more than they compute, so two cores carry more than two of them.
    maxWorkers: 4,
    // Files share the modules of their process: no test alters one, and to load the product takes a second or two.
    isolate: false,
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.unit.test.ts'],
          testTimeout: 30_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: 'integration',
          include: ['test/**/*.test.ts'],
          exclude: ['test/**/*.unit.test.ts', 'test/e2e/**'],
          globalSetup,
          // Bounds for a machine that is busy, not waits: a test that hangs ends all the same.
          testTimeout: 180_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          globalSetup,
          maxWorkers: 3,
          testTimeout: 180_000,
          hookTimeout: 180_000,
          // After the others, and fewer at once: each test starts whole programs.
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
