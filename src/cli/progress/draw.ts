/** The live view in a terminal: one line per step, and plain lines where there is no terminal. */
import { setTimeout as delay } from 'node:timers/promises';
import { Listr, ListrLogger, ProcessOutput, type ListrTask } from 'listr2';
import { progressLine, type Look } from './look.ts';

export interface View {
  /** Whether lines can be rewritten. */
  readonly isTerminal: boolean;
  /** Where it is drawn. Default stdout. */
  readonly stream?: NodeJS.WriteStream;
  readonly signal: AbortSignal;
}

/** One line of the view. */
export interface Watched {
  readonly title: string;
  look(): Promise<Look>;
}

const pollMs = 100;

/** Shows each line until it has ended, one after the other. Says whether all went well. */
export async function watch(lines: readonly Watched[], view: View): Promise<boolean> {
  const width = Math.max(...lines.map(({ title }) => title.length));
  // A terminal shows the message in the place of the title.
  const skipped = ({ title }: Watched, why: string) =>
    view.isTerminal ? `${title.padEnd(width)}  ${why}` : why;
  let isWell = true;
  const tasks = lines.map((line): ListrTask => ({
    title: line.title,
    async skip() {
      if (view.signal.aborted) return skipped(line, 'stopped');
      return (await line.look()).is === 'skipped' && skipped(line, 'not begun');
    },
    async task(_context, task) {
      const startedAt = performance.now();
      let lastNote: string | undefined;
      for (;;) {
        if (view.signal.aborted) return task.skip(skipped(line, 'stopped'));
        const look = await line.look();
        const seconds = look.seconds ?? (performance.now() - startedAt) / 1000;
        const hasEnded = look.is === 'done' || look.is === 'failed';
        if (look.is === 'skipped') return task.skip(skipped(line, 'not begun'));
        // Without a terminal each new note is a line of its own, and nothing is rewritten.
        if (view.isTerminal || hasEnded)
          task.title = progressLine(line.title, width, seconds, look.is === 'failed' ? undefined : look.note);
        else if (look.note !== undefined && look.note !== lastNote) task.output = look.note;
        lastNote = look.note;
        if (look.is === 'failed') {
          isWell = false;
          throw new Error(look.note);
        }
        if (look.is === 'done') return undefined;
        await delay(pollMs);
      }
    },
  }));
  await list(tasks, view);
  view.signal.throwIfAborted();
  return isWell;
}

/** Shows one line while something is done; `say` changes it. */
export async function during<T>(
  title: string,
  view: View,
  work: (say: (title: string) => void) => Promise<T>,
): Promise<T> {
  let outcome: { value: T } | undefined;
  let failure: unknown;
  const task: ListrTask = {
    title,
    async task(_context, shown) {
      try {
        outcome = { value: await work((text) => (shown.title = text)) };
      } catch (error) {
        failure = error;
        // The caller says why.
        throw new Error('see below', { cause: error });
      }
    },
  };
  await list([task], view);
  if (outcome === undefined) throw failure;
  return outcome.value;
}

async function list(tasks: ListrTask[], view: View): Promise<void> {
  const options = { concurrent: false, exitOnError: false, registerSignalListeners: false } as const;
  const { stream = process.stdout } = view;
  const logger = new ListrLogger({
    useIcons: true,
    // Failures too on the same stream: on another one they would come out of place.
    toStderr: [],
    processOutput: new ProcessOutput(stream, stream),
  });
  if (view.isTerminal)
    await new Listr(tasks, {
      ...options,
      renderer: 'default',
      // Ours to decide: stdout, which listr2 would look at, may be a file.
      fallbackRendererCondition: false,
      rendererOptions: { collapseErrors: false, logger },
    }).run();
  else await new Listr(tasks, { ...options, renderer: 'simple', rendererOptions: { logger } }).run();
}
