import { inject } from 'vitest';
import { startSandbox, type Sandbox, type SandboxOptions } from '../../sandbox/sandbox.ts';

/** Starts a sandbox on the test run's Postgres, whose projects are copies of the run's template. */
export function startTestSandbox(options: Partial<SandboxOptions> = {}): Promise<Sandbox> {
  return startSandbox({
    postgresUrl: inject('postgresUrl'),
    projectTemplate: inject('templates').project,
    ...options,
  });
}
