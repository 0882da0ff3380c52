/** The demo from start to end. */
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { styleText } from 'node:util';
import { during, watch, type View } from '../src/cli/progress/draw.ts';
import { lookAtStep, lookAtUndo, stepsToUndo } from '../src/cli/progress/look.ts';
import { steps } from '../src/steps/index.ts';
import { openApi, type Shown } from './api.ts';
import { callbacksOfRollback, callbacksOfSuccess, problemsOfRollback, problemsOfSuccess } from './checks.ts';
import { gatherEvidence } from './evidence.ts';
import { faultOf } from './faults.ts';
import { folderSizeBytes } from './folder-size.ts';
import type { DemoOptions } from './options.ts';
import { startDemoStack, type DemoStack } from './stack.ts';
import { placesSections, renderSections, rollbackSections, successSections } from './summary.ts';

const sample = { clientId: 'acme', clientName: 'Acme Ltd', orgEmail: 'ops@acme.example', tier: 'starter' };

export interface DemoSurroundings {
  readonly redisUrl: string | undefined;
  /** SCHEMA_PATH. Undefined: the sample. */
  readonly schemaPath: string | undefined;
  readonly view: View;
  /** Seconds since the program was started. */
  readonly seconds: () => number;
}

/** Runs the demo until its end, or until the signal. Says whether the sample ended as it should. */
export async function runDemo(options: DemoOptions, surroundings: DemoSurroundings): Promise<boolean> {
  const { view, seconds } = surroundings;
  const { signal } = view;
  const stack = await during('Starting', view, async (say) => {
    const started = await startDemoStack({
      ...options,
      redisUrl: surroundings.redisUrl,
      schemaPath: surroundings.schemaPath,
      signal,
      onStage: (what) => say(`Starting ${what}`),
    });
    const queue = started.queue === 'PostgreSQL' ? '' : `, with the queue in ${started.queue}`;
    say(`Database, sandbox, API and worker are up${queue}  ${seconds().toFixed(1)} s`);
    return started;
  });
  try {
    const isWell = await runSample(options, stack, surroundings);
    if (!options.exits) {
      console.log('\nStays up until Ctrl-C.');
      await untilAborted(signal);
    }
    return isWell;
  } finally {
    if (signal.aborted) console.log('\nStopping…');
    await stack.stop();
  }
}

async function runSample(
  { failAt, exits, dataDir }: DemoOptions,
  stack: DemoStack,
  { view, seconds }: DemoSurroundings,
): Promise<boolean> {
  const { signal } = view;
  const api = openApi(stack.apiUrl, stack.adminKey);
  while (!(await api.isReady())) await delay(50, undefined, { signal });
  if (failAt !== undefined) console.log(`\nThe fault: ${faultOf(failAt).announcement}.`);

  console.log(`\n${styleText('bold', `Provisioning ${sample.clientName}`)}`);
  const receiver = sample.clientId;
  const { id } = await api.provision({
    ...sample,
    callbackUrl: `${stack.sandbox.urls.control}/receiver/${receiver}`,
  });
  const begun = seconds();
  const shown = await watchUntilDone(() => api.show(id), view);
  const took = seconds() - begun;

  const evidence = await gatherEvidence(stack, shown, {
    receiver,
    callbackCount: (failAt === undefined ? callbacksOfSuccess : callbacksOfRollback).length,
    signal,
  });
  const problems = failAt === undefined ? problemsOfSuccess(evidence) : problemsOfRollback(evidence, failAt);
  await stack.liftFault();

  const sections = failAt === undefined ? successSections(evidence) : rollbackSections(evidence);
  if (!exits)
    sections.push(
      ...placesSections({
        apiUrl: stack.apiUrl,
        adminKey: stack.adminKey,
        controlUrl: stack.sandbox.urls.control,
        logFile: path.relative('.', stack.logFile),
        self: `${stack.apiUrl}/api/provisioning/${id}`,
      }),
    );
  console.log(`\n${renderSections(sections)}`);
  console.log(`\n${verdict(problems, failAt)}`);
  const size = Math.round((await folderSizeBytes(dataDir)) / 1e6);
  console.log(
    `${took.toFixed(1)} s for the sample, ${seconds().toFixed(1)} s in all; ${size} MB in ${path.relative('.', dataDir)}`,
  );
  return problems.length === 0;
}

async function watchUntilDone(show: () => Promise<Shown>, view: View): Promise<Shown> {
  const lines = steps.map(({ name, title }) => ({
    title,
    look: async () => lookAtStep(await show(), name, Date.now()),
  }));
  if (!(await watch(lines, view))) {
    console.log(`\n${styleText('bold', 'Rolling back, the last step first')}`);
    const titles = new Map(steps.map(({ name, title }) => [name, title]));
    const undos = stepsToUndo(await show()).map((name) => ({
      title: `Undo ${titles.get(name) ?? name}`,
      look: async () => lookAtUndo(await show(), name),
    }));
    await watch(undos, view);
  }
  for (;;) {
    const shown = await show();
    if (shown.done) return shown;
    await delay(50, undefined, { signal: view.signal });
  }
}

function verdict(problems: readonly string[], failAt: string | undefined): string {
  if (problems.length > 0)
    return [
      styleText('red', '✖ It did not end as it should:'),
      ...problems.map((problem) => `  - ${problem}`),
    ].join('\n');
  return styleText(
    'green',
    failAt === undefined
      ? '✔ The client has the whole stack, and every provider confirms it.'
      : `✔ ${failAt} failed, everything was undone in reverse order, and nothing is left.`,
  );
}

async function untilAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
