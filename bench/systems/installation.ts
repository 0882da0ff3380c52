/** One system, installed afresh: an empty database, an empty Redis, and its processes. */
import { execute } from '../../test/helpers/services/execute.ts';
import { startChild, type Child } from '../children/child.ts';
import type { Endings } from '../servers/endings.ts';
import type { Servers } from '../servers/servers.ts';
import type { System } from './systems.ts';

export interface Installation {
  /** Where orders are taken. */
  readonly url: string;
  readonly databaseUrl: string;
  readonly children: readonly Child[];
}

export interface InstallationOptions {
  readonly concurrency: number;
  /** Worker processes, where a system has some. Default: one. */
  readonly workers?: number;
  /** True where orders are accepted and nobody works on them. */
  readonly onlyAccepts: boolean;
}

let lastNumber = 0;

export async function install(
  system: System,
  servers: Servers,
  options: InstallationOptions,
  endings: Endings,
): Promise<Installation> {
  lastNumber += 1;
  const name = `bench_${lastNumber}`;
  const databaseUrl = servers.postgresUrl.replace(/\/postgres$/, `/${name}`);
  await execute(servers.postgresUrl, `create database ${name}`);
  endings.add(() => execute(servers.postgresUrl, `drop database ${name} with (force)`));
  await servers.redis.flushall();
  await system.prepare(databaseUrl);
  const { redisUrl, stub } = servers;
  const place = { databaseUrl, redisUrl, stubUrl: stub.url, concurrency: options.concurrency };
  const environment = {
    ...system.environment(place),
    ONLY_ACCEPTS: options.onlyAccepts ? 'yes' : 'no',
  };
  const start = (file: string) => startChild(file, environment, endings);
  const { worker } = system;
  const [server, ...others] = await Promise.all([
    start(system.server),
    ...(worker === undefined || options.onlyAccepts
      ? []
      : Array.from({ length: options.workers ?? 1 }, () => start(worker))),
  ]);
  return { url: server.url, databaseUrl, children: [server, ...others] };
}
