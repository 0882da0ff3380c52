/** How far a batch is: a bar on a terminal, a line per client elsewhere. */
import type { Cli } from '../context.ts';

export interface Progress {
  /** Draws while the work is under way. */
  during<T>(work: () => Promise<T>): Promise<T>;
  /** One more has ended. `line`: what to say of it where there is no bar. */
  step(isWell: boolean, line?: string): void;
}

export function openProgress({ surroundings, say }: Cli, title: string, total: number): Progress {
  const { stderr, environment, signal } = surroundings;
  const isDrawn = stderr.isTTY && environment['TERM'] !== 'dumb';
  let ended = 0;
  let failed = 0;
  let draw = (_text: string) => {};
  return {
    async during(work) {
      if (!isDrawn) return work();
      const { during } = await import('../progress/draw.ts');
      const first = barOf(title, { ended, failed, total });
      return during(first, { isTerminal: true, stream: stderr, signal }, (redraw) => {
        draw = redraw;
        return work();
      });
    },
    step(isWell, line) {
      ended += 1;
      if (!isWell) failed += 1;
      draw(barOf(title, { ended, failed, total }));
      if (!isDrawn && !say.isJson && line !== undefined)
        say.remark(`${ended}/${total}  ${line.split('\n')[0] ?? ''}`);
    },
  };
}

const width = 24;

/** `Provisioning ██████░░░░░░ 3 of 6, 1 failed`. Pure. */
export function barOf(
  title: string,
  { ended, failed, total }: { readonly ended: number; readonly failed: number; readonly total: number },
): string {
  const full = total === 0 ? width : Math.floor((width * ended) / total);
  const failures = failed === 0 ? '' : `, ${failed} failed`;
  return `${title} ${'█'.repeat(full)}${'░'.repeat(width - full)} ${ended} of ${total}${failures}`;
}
