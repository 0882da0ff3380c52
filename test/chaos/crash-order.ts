/** What a process is told to do to itself, and how it says that it has. */
import type { CrashFacts, CrashPoint } from '../../src/crash-points.ts';

/** `kill`: SIGKILL. `freeze`: SIGSTOP, until the parent continues it. `block`: the event loop stands still. */
export type CrashAction = 'kill' | 'freeze' | 'block';

/** What is to happen at one moment. */
export interface CrashOrder {
  readonly id: string;
  readonly point: CrashPoint;
  /** Only where an effect of that kind is under way. */
  readonly verb?: string | undefined;
  /** At the n-th time, counted from 1. */
  readonly nth: number;
  readonly action: CrashAction;
  readonly blockMs: number;
}

export type Message = { readonly crashes: readonly CrashOrder[] } | { readonly clockMs: number };

export type Announcement = CrashFacts & { readonly point: CrashPoint };

/** Starts the line that tells the parent, on the error output: a pipe is written to before the process ends. */
export const firedPrefix = '@crash ';
