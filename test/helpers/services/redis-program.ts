import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, open, readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import path from 'node:path';
import { freePort } from '../../../local/free-port.ts';
import { dieWithParentPrefix } from '../../../local/server-user.ts';
import { waitFor } from '../../../local/wait.ts';
import { runProgram } from './run-program.ts';
import { inTurn, type TestServer } from './test-server.ts';

/** A redis-server or valkey-server on this machine. */
export interface RedisProgram {
  command: string;
  /** Where its libraries are, when not in the usual places. */
  libraryPath?: string;
}

const START_TIMEOUT_MS = 30_000;

/** Starts a server of our own on a free port, with the settings BullMQ wants and a log of every write. */
export async function startRedisProgram(program: RedisProgram, directory: string): Promise<TestServer> {
  await mkdir(directory, { recursive: true });
  let port = await freePort();
  let child = await launch(program, directory, port).catch(async (error: unknown) => {
    // Somebody may have taken the port in the meantime.
    if (!String(error).includes('Address already in use')) throw error;
    port = await freePort();
    return await launch(program, directory, port);
  });

  const hasEnded = (): boolean => child.exitCode !== null || child.signalCode !== null;
  const end = async (signal: 'SIGTERM' | 'SIGKILL'): Promise<void> => {
    if (hasEnded()) return;
    // While we wait for its end it must keep us alive.
    child.ref();
    const exited = once(child, 'exit');
    child.kill(signal);
    // A paused process receives SIGTERM only when it goes on.
    child.kill('SIGCONT');
    await exited;
  };
  return inTurn({
    url: `redis://127.0.0.1:${port}`,
    port,
    description: `Redis ${await versionOf(program)} (${program.command})`,
    stop: async () => await end('SIGTERM'),
    kill: async () => await end('SIGKILL'),
    start: async () => {
      if (hasEnded()) child = await launch(program, directory, port);
    },
    pause: async () => {
      child.kill('SIGSTOP');
    },
    resume: async () => {
      child.kill('SIGCONT');
    },
    remove: async () => await end('SIGTERM'),
  });
}

async function launch(program: RedisProgram, directory: string, port: number): Promise<ChildProcess> {
  const logFile = path.join(directory, 'redis.log');
  const output = await open(logFile, 'a');
  const settings = {
    port: String(port),
    bind: '127.0.0.1',
    dir: directory,
    save: '',
    appendonly: 'yes',
    'maxmemory-policy': 'noeviction',
  };
  const flags = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
  const [command = program.command, ...args] = [...dieWithParentPrefix(), program.command, ...flags];
  const child = spawn(command, args, {
    detached: true,
    stdio: ['ignore', output.fd, output.fd],
    env: environmentOf(program),
  });
  let cause = '';
  child.once('error', (error) => (cause = error.message));
  child.unref();
  await output.close();

  const state = await waitFor(async () => {
    if (cause !== '' || child.exitCode !== null) return 'ended';
    return (await answersPing(port)) && 'ready';
  }, START_TIMEOUT_MS);
  if (state === 'ready') return child;
  child.kill('SIGKILL');
  throw new Error(`${program.command} did not start: ${cause}\n${await readFile(logFile, 'utf8')}`);
}

function environmentOf({ libraryPath }: RedisProgram): NodeJS.ProcessEnv {
  return libraryPath === undefined ? process.env : { ...process.env, LD_LIBRARY_PATH: libraryPath };
}

async function versionOf(program: RedisProgram): Promise<string> {
  const { stdout } = await runProgram(program.command, ['--version'], { env: environmentOf(program) });
  return /v=(\S+)/.exec(stdout)?.[1] ?? 'of unknown version';
}

/** Whether a Redis on this port has loaded its data and takes commands. */
export async function answersPing(port: number, host = '127.0.0.1'): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect({ port, host, timeout: 1_000 });
  socket.once('connect', () => socket.write('PING\r\n'));
  socket.once('data', (data) => resolve(data.toString().startsWith('+PONG')));
  socket.once('error', () => resolve(false));
  socket.once('timeout', () => resolve(false));
  socket.once('close', () => resolve(false));
  return await promise.finally(() => socket.destroy());
}
