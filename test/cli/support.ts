/** The command line as people and programs run it: a process, in a real terminal or without one. */
import { spawn as spawnChild, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { spawn as spawnPty } from '@lydell/node-pty';
import { onTestFinished } from 'vitest';
import { compileCache } from '../helpers/services/compile-cache.ts';
import type { Stack } from '../helpers/stack.ts';
import { until } from '../helpers/until.ts';

const main = resolve('src/cli/main.ts');

export interface Person {
  /** A folder of their own, where they run commands. */
  readonly home: string;
  readonly environment: Record<string, string>;
}

/** Somebody who has not signed in. */
export async function newPerson(environment: Record<string, string> = {}): Promise<Person> {
  const home = await mkdtemp(join(tmpdir(), 'cli-'));
  onTestFinished(() => rm(home, { recursive: true, force: true }));
  return {
    home,
    environment: {
      PATH: process.env['PATH'] ?? '',
      NODE_COMPILE_CACHE: compileCache,
      HOME: home,
      XDG_CONFIG_HOME: join(home, 'config'),
      ...environment,
    },
  };
}

/** Somebody whose environment has the address and a key. */
export function admin(stack: Stack, environment: Record<string, string> = {}): Promise<Person> {
  return newPerson({
    PROVISIONER_URL: stack.server.url,
    PROVISIONER_KEY: stack.environment['ADMIN_API_KEY'] ?? '',
    ...environment,
  });
}

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command without a terminal, to its end. */
export async function run(person: Person, args: readonly string[], stdin = ''): Promise<Ended> {
  const running = start(person, args);
  running.child.stdin?.end(stdin);
  return running.ended;
}

export interface RunningCommand {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
}

/** Starts a command without a terminal. */
export function start(person: Person, args: readonly string[]): RunningCommand {
  const child = spawnChild(process.execPath, [main, ...args], {
    cwd: person.home,
    env: person.environment,
    stdio: 'pipe',
  });
  const written = { stdout: '', stderr: '' };
  child.stdin.on('error', () => {});
  child.stdout.on('data', (chunk: Buffer) => (written.stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (written.stderr += chunk.toString()));
  const ended = once(child, 'close').then(() => ({ code: child.exitCode, ...written }));
  return { child, ended };
}

export interface Terminal {
  /** All that has appeared on it, with what moves and colours it. */
  raw(): string;
  /** Waits until a text has appeared since something was typed last. */
  untilShown(text: string): Promise<void>;
  type(text: string): void;
  /** Its exit code. */
  readonly ended: Promise<number>;
}

/** Starts a command in a real terminal, of which its stderr may be no part. */
export function openTerminal(
  person: Person,
  args: readonly string[],
  options: { readonly isStderrElsewhere?: boolean } = {},
): Terminal {
  const script = options.isStderrElsewhere === true ? 'exec "$0" "$@" 2>stderr.txt' : 'exec "$0" "$@"';
  const pty = spawnPty('/bin/sh', ['-c', script, process.execPath, main, ...args], {
    cols: 160,
    rows: 50,
    cwd: person.home,
    env: { TERM: 'xterm-256color', ...person.environment },
  });
  let raw = '';
  let typedAt = 0;
  let exitCode: number | undefined;
  pty.onData((data) => (raw += data));
  const ended = new Promise<number>((done) => {
    pty.onExit((exit) => {
      exitCode = exit.exitCode;
      done(exit.exitCode);
    });
  });
  onTestFinished(() => {
    if (exitCode === undefined) pty.kill('SIGKILL');
  });
  return {
    raw: () => raw,
    untilShown: async (text) => {
      await until(() => {
        if (stripVTControlCharacters(raw.slice(typedAt)).includes(text)) return true;
        if (exitCode !== undefined)
          throw new Error(`it has ended: ${stripVTControlCharacters(raw).slice(-2000)}`);
        return undefined;
      }, `"${text}" on the terminal`);
    },
    type(text) {
      typedAt = raw.length;
      pty.write(text);
    },
    ended,
  };
}

/** The options of an order, but for its client. */
export const orderArgs = ['--name', 'Acme Ltd', '--email', 'ops@acme.example', '--tier', 'starter'];
