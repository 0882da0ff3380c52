import { getContainerRuntimeClient, type StartedTestContainer } from 'testcontainers';
import { waitFor } from '../../../local/wait.ts';
import { runProgram } from './run-program.ts';
import type { TestServer } from './test-server.ts';

const START_TIMEOUT_MS = 60_000;

/** Why Docker can't be used; undefined when it can. */
export async function dockerProblem(): Promise<string | undefined> {
  const { code, stderr } = await runProgram('docker', ['info'], { timeoutMs: 15_000 });
  if (code === 0) return undefined;
  const [reason = ''] = stderr.trim().split('\n');
  return reason === '' ? 'docker info failed' : reason;
}

/** The ways to stop and start a container that testcontainers doesn't have. */
export async function controlContainer(
  container: StartedTestContainer,
  isReady: () => Promise<boolean>,
): Promise<Omit<TestServer, 'url' | 'port' | 'description'>> {
  const client = await getContainerRuntimeClient();
  const handle = client.container.getById(container.getId());
  return {
    stop: async () => await unlessDone(handle.stop(), 304),
    kill: async () => await unlessDone(handle.kill(), 409),
    start: async () => {
      await unlessDone(handle.start(), 304);
      const ready = await waitFor(isReady, START_TIMEOUT_MS);
      if (ready === undefined) throw new Error(`${container.getName()} did not start again.`);
    },
    pause: async () => {
      await handle.pause();
    },
    resume: async () => {
      await handle.unpause();
    },
    remove: async () => {
      await container.stop();
    },
  };
}

/** Docker's answer with this status says that the container is in that state already. */
async function unlessDone(call: Promise<unknown>, status: number): Promise<void> {
  try {
    await call;
  } catch (error) {
    if (!(error instanceof Error && 'statusCode' in error && error.statusCode === status)) throw error;
  }
}
