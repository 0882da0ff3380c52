/** What the tests of orphans have in common: the command, and what it has sent. */
import { randomUUID } from 'node:crypto';
import { runProgram, type Ended } from '../helpers/services/run-program.ts';
import type { Stack } from '../helpers/stack.ts';

export interface ShownOrphan {
  kind: string;
  externalId: string;
  name: string;
  url: string | null;
  createdAt: string | null;
  evidence: string;
  provisioningId: string | null;
  note: string | null;
}

export interface ShownReport {
  checkedAt: string | null;
  items: ShownOrphan[];
  errors: { kind: string; message: string }[];
}

/** `npm run orphans -- …`, with the variables of the stack. */
export function runOrphans(stack: Stack, ...args: string[]): Promise<Ended> {
  return runProgram(process.execPath, ['src/commands/orphans/main.ts', ...args], {
    env: { PATH: process.env['PATH'], ...stack.environment },
    timeoutMs: 50_000,
  });
}

export async function report(stack: Stack): Promise<ShownReport & { code: number }> {
  const { code, stdout, stderr } = await runOrphans(stack, '--json');
  if (stdout === '') throw new Error(`the command has said nothing: ${stderr}`);
  return { code, ...(JSON.parse(stdout) as ShownReport) };
}

/** Everything sent to the providers that asks for a deletion. */
export function deletesIn({ sandbox }: Stack) {
  return sandbox.control.journal().filter(({ method }) => method === 'DELETE');
}

/** Ids of everything of that kind that is there. */
export function idsOf({ sandbox }: Stack, kind: string): string[] {
  return sandbox.control
    .objects()
    .filter((object) => object.kind === kind && object.details['isBeingRemoved'] === false)
    .map(({ id }) => id);
}

export const markOf = (provisioningId: string) => `prov-${provisioningId}-0a1b2c3d`;

/** Old enough to be deleted. */
export const longAgo = () => new Date(Date.now() - 48 * 3_600_000).toISOString();

/** A repository that carries the mark of a provisioning that no ledger has. */
export function createMarkedRepository(
  stack: Stack,
  name: string,
  createdAt: string = longAgo(),
): Promise<string> {
  return stack.sandbox.control.createForeign('github.repository', name, {
    description: `Acme Ltd [${markOf(randomUUID())}]`,
    createdAt,
  });
}
