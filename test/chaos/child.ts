/** A server or worker as a process of its own, which is told when to die and started again. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { pathToFileURL } from 'node:url';
import { join } from 'node:path';
import { firedPrefix, type CrashOrder, type Message } from './crash-order.ts';

const preload = pathToFileURL(join(import.meta.dirname, 'preload.ts')).href;
const startedLine = { worker: '"worker started"', server: '"server listens"' } as const;

export type Role = keyof typeof startedLine;

export interface Child {
  readonly role: Role;
  /** Whether it lives and has said that it is ready. */
  isReady(): boolean;
  isAlive(): boolean;
  arm(crashes: readonly CrashOrder[]): void;
  moveClock(clockMs: number): void;
  kill(signal: NodeJS.Signals): void;
  /** Resolves when it has ended. */
  readonly ended: Promise<unknown>;
  /** The number in its leases. */
  holder(): string;
  /** All that it has written since the last time it was asked. */
  takeOutput(): string;
}

export function startChild(
  role: Role,
  environment: Readonly<Record<string, string>>,
  on: { readonly fired: (orderId: string, child: Child) => void; readonly ended: (child: Child) => void },
): Child {
  const started: ChildProcess = spawn(process.execPath, [`src/${role}/main.ts`], {
    env: { PATH: process.env['PATH'] ?? '', NODE_OPTIONS: `--import ${preload}`, ...environment },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  let output = '';
  let hasStarted = false;
  let holder = '';
  started.stdout?.on('data', (chunk: Buffer) => {
    const text = chunk.toString();
    output += text;
    hasStarted ||= output.includes(startedLine[role]);
    holder = /"holder":"(\d+)"/.exec(text)?.[1] ?? holder;
  });
  let pending = '';
  started.stderr?.on('data', (chunk: Buffer) => {
    pending += chunk.toString();
    const lines = pending.split('\n');
    pending = lines.pop() ?? '';
    for (const line of lines)
      if (line.startsWith(firedPrefix)) on.fired(line.slice(firedPrefix.length), child);
      else output += `${line}\n`;
  });
  const ended = once(started, 'close').then(() => on.ended(child));
  const isAlive = () => started.exitCode === null && started.signalCode === null;
  const send = (message: Message) => {
    if (started.connected) started.send(message, () => {});
  };
  const child: Child = {
    role,
    isReady: () => hasStarted && isAlive(),
    isAlive,
    arm: (crashes) => send({ crashes }),
    moveClock: (clockMs) => send({ clockMs }),
    kill: (signal) => void started.kill(signal),
    ended,
    holder: () => holder,
    takeOutput() {
      const taken = output;
      output = '';
      return taken;
    },
  };
  return child;
}
