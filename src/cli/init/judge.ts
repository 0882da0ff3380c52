/** Judges values: each by the schema of its variable, and whole sections by what they lead to. */
import { z } from 'zod';
import { coreEnvironment, serverEnvironment, workerEnvironment } from '../../config.ts';
import { runChecks } from '../../preflight/run-checks.ts';
import { steps } from '../../steps/index.ts';
import { lookAtDatabase, lookAtQueue } from '../doctor/local.ts';
import type { Diagnosis } from '../doctor/report.ts';
import type { Section } from './sections.ts';

/** All groups of variables: a process that does everything needs them. */
export const allGroups: readonly z.ZodObject[] = [
  coreEnvironment,
  serverEnvironment,
  workerEnvironment,
  ...steps.map(({ environment }) => environment),
];

/** The flaw of a value by itself, without the value. Undefined: there is none, or nobody knows the variable. */
export function flawOf(name: string, value: string): string | undefined {
  for (const { shape } of allGroups) {
    const schema: unknown = shape[name];
    if (!(schema instanceof z.ZodType)) continue;
    const issue = schema.safeParse(value === '' ? undefined : value).error?.issues[0];
    if (issue !== undefined) return value === '' ? 'is needed' : issue.message;
  }
  return undefined;
}

/** Tries what a section is for. Reads only. */
export async function* tryOut(
  { tests }: Pick<Section, 'tests'>,
  environment: Readonly<Record<string, string | undefined>>,
  signal: AbortSignal,
): AsyncGenerator<Diagnosis> {
  if (tests.includes('database'))
    for await (const diagnosis of lookAtDatabase(environment))
      // A new database has no tables yet: `npm run migrate` comes after this.
      if (diagnosis.name !== 'migrations') yield diagnosis;
  if (tests.includes('queue')) yield await lookAtQueue(environment);
  const checked = steps.filter(({ checks = [] }) => checks.some(({ provider }) => tests.includes(provider)));
  if (checked.length === 0) return;
  const timeoutMs = Number(environment['PROVIDER_TIMEOUT_MS'] ?? 30_000);
  const results = await runChecks({ steps: checked, environment, timeoutMs, signal, onDefect: () => {} });
  for (const { provider, name, ok, detail, fix } of results)
    if (tests.includes(provider)) yield { name: `${provider} ${name}`, ok, detail, fix: fix ?? undefined };
}
