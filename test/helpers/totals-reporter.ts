import { writeSync } from 'node:fs';
import type { SerializedError } from 'vitest';
import type { Reporter, TestModule } from 'vitest/node';

/**
 * Closes a run with the plain line `3 passed, 0 failed, 0 skipped`, over all projects.
 *
 * A file that can't be loaded, an error outside of any test and a failed start of the test services count as one
 * failure each, so that the line never says `0 failed` about a run that failed.
 */
export class TotalsReporter implements Reporter {
  #passed = 0;
  #failed = 0;
  #skipped = 0;

  onInit(): void {
    // At the very end of the process, after what other reporters and the teardown print.
    process.once('exit', (code) => {
      const failed = code === 0 ? this.#failed : Math.max(this.#failed, 1);
      writeSync(1, `${this.#passed} passed, ${failed} failed, ${this.#skipped} skipped\n`);
    });
  }

  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly SerializedError[]): void {
    const states = modules.flatMap((module) => [
      ...[...module.children.allTests()].map((test) => test.result().state),
      ...module.errors().map(() => 'failed'),
    ]);
    const count = (...wanted: string[]): number => states.filter((state) => wanted.includes(state)).length;
    this.#passed = count('passed');
    this.#failed = count('failed') + unhandledErrors.length;
    this.#skipped = count('skipped', 'pending');
  }
}
