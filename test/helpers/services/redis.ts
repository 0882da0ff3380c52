import { RedisContainer } from '@testcontainers/redis';
import { freePort } from '../../../local/free-port.ts';
import { controlContainer, dockerProblem } from './container.ts';
import { unpackDebianRedis } from './redis-debian.ts';
import { answersPing, startRedisProgram } from './redis-program.ts';
import { findOnPath } from './run-program.ts';
import { forcedSource, inTurn, notOurs, type ServiceSource, type TestServer } from './test-server.ts';

/** Starts a Redis, or says why not in one line. */
type Try = (directory: string) => Promise<TestServer | string>;

const WAYS: Record<ServiceSource, Try> = { local: useLocal, docker: useDocker, apt: useDebianPackage };

/**
 * The test run's Redis: `REDIS_URL`, else a server on PATH, else Docker, else Debian's package unpacked.
 *
 * @throws when there is none, with what was tried and what to do. Tests are never skipped for it.
 */
export async function startRedis(directory: string): Promise<TestServer> {
  const url = process.env['REDIS_URL'];
  if (url === undefined || url === '' || forcedSource() !== undefined)
    return await startOwnRedisIn(directory);
  const { hostname, port } = new URL(url);
  return {
    url,
    port: Number(port || 6379),
    description: `Redis at ${hostname} (REDIS_URL)`,
    stop: notOurs,
    kill: notOurs,
    start: notOurs,
    pause: notOurs,
    resume: notOurs,
    remove: async () => undefined,
  };
}

/** A Redis that is ours alone, from the same places but never `REDIS_URL`. */
export async function startOwnRedisIn(directory: string): Promise<TestServer> {
  const forced = forcedSource();
  const ways = forced === undefined ? Object.values(WAYS) : [WAYS[forced]];
  const reasons: string[] = [];
  for (const way of ways) {
    const result = await way(directory);
    if (typeof result !== 'string') return result;
    reasons.push(result);
  }
  throw new Error(
    [
      'No Redis for the integration tests:',
      ...reasons.map((reason) => ` - ${reason}`),
      'Fix one of: export REDIS_URL=redis://…  |  brew install redis  |  apt-get install redis-server  |  start Docker',
    ].join('\n'),
  );
}

async function useLocal(directory: string): Promise<TestServer | string> {
  const command = await findOnPath('redis-server', 'valkey-server');
  if (command === undefined) return 'no redis-server or valkey-server on PATH';
  return await startRedisProgram({ command }, directory);
}

async function useDocker(): Promise<TestServer | string> {
  const problem = await dockerProblem();
  if (problem !== undefined) return `docker: ${problem}`;
  const image = process.env['TEST_REDIS_IMAGE'] ?? 'redis:7-alpine';
  // A port of our choice stays the same when the container is started again.
  const port = await freePort();
  const container = await new RedisContainer(image)
    .withExposedPorts({ container: 6379, host: port })
    .withCommand(['redis-server', '--appendonly', 'yes', '--maxmemory-policy', 'noeviction'])
    .start();
  const host = container.getHost();
  const control = await controlContainer(container, async () => await answersPing(port, host));
  return inTurn({
    url: `redis://${host}:${port}`,
    port,
    description: `Redis in Docker (${image})`,
    ...control,
  });
}

async function useDebianPackage(directory: string): Promise<TestServer | string> {
  const program = await unpackDebianRedis();
  return typeof program === 'string' ? program : await startRedisProgram(program, directory);
}
