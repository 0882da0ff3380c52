/** Where the time went: one row per step and per undo, on one axis. */
import type { StepInfo, TimelineEntry, TimelineRow } from '../data.ts';
import { html, type Html } from '../html.ts';
import { count, duration, timeOfDay } from './format.ts';

interface Span {
  readonly from: number;
  readonly to: number;
}

/** A bar of a row, in percent of the axis. */
export interface Bar {
  readonly kind: 'attempt' | 'wait' | 'pause';
  readonly x: number;
  readonly width: number;
  readonly hasError: boolean;
  readonly goesOn: boolean;
  /** How many attempts were too short to be told apart. */
  readonly merged: number;
}

/** The least width of a bar that can be seen, in percent. */
const leastWidth = 0.4;

/** The ends of the axis. Undefined: nothing has begun. */
export function spanOf(rows: readonly TimelineRow[], now: Date): Span | undefined {
  const entries = rows.flatMap((row) => row.entries);
  if (entries.length === 0) return undefined;
  const from = Math.min(...entries.map(({ begin }) => Date.parse(begin)));
  const to = Math.max(...entries.map(({ end }) => (end === null ? now.getTime() : Date.parse(end))));
  return { from, to: Math.max(to, from + 1000) };
}

/** The bars of a row. Attempts that would be too narrow to see merge with those before them. Pure. */
export function barsOf(entries: readonly TimelineEntry[], { from, to }: Span, now: Date): Bar[] {
  const bars: Bar[] = [];
  for (const entry of entries) {
    const begin = Date.parse(entry.begin);
    const end = entry.end === null ? now.getTime() : Date.parse(entry.end);
    const x = ((begin - from) / (to - from)) * 100;
    const width = Math.max(((end - begin) / (to - from)) * 100, leastWidth);
    const kind = entry.kind === 'attempt' ? 'attempt' : entry.for === 'the next attempt' ? 'pause' : 'wait';
    const hasError = entry.endedAs === 'error' || entry.endedAs === 'failed';
    const bar = { kind, x, width, hasError, goesOn: entry.end === null, merged: 1 } as const;
    const before = bars.at(-1);
    if (before !== undefined && before.kind === 'attempt' && kind === 'attempt' && x - before.x < leastWidth)
      bars[bars.length - 1] = { ...bar, x: before.x, width: x + width - before.x, merged: before.merged + 1 };
    else bars.push(bar);
  }
  return bars;
}

/** Round times between the ends: few enough to be read. Pure. */
export function ticksOf({ from, to }: Span): readonly Date[] {
  const steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 43_200, 86_400].map(
    (seconds) => seconds * 1000,
  );
  const step =
    steps.find((ms) => (to - from) / ms <= 6) ?? Math.ceil((to - from) / 6 / 86_400_000) * 86_400_000;
  const ticks: Date[] = [];
  for (let at = Math.ceil((from + step * 0.4) / step) * step; at < to; at += step) ticks.push(new Date(at));
  return ticks;
}

const lengthOf = (entry: TimelineEntry, now: Date) =>
  (entry.end === null ? now.getTime() : Date.parse(entry.end)) - Date.parse(entry.begin);
const totalOf = (entries: readonly TimelineEntry[], now: Date) =>
  entries.reduce((sum, entry) => sum + lengthOf(entry, now), 0);

export function timelineChart(rows: readonly TimelineRow[], steps: readonly StepInfo[], now: Date): Html {
  const span = spanOf(rows, now);
  if (span === undefined) return html`<p class="second">Nothing has begun yet.</p>`;
  const all = rows.flatMap((row) => row.entries);
  const waited = totalOf(
    all.filter(({ kind }) => kind === 'wait'),
    now,
  );
  const whole = totalOf(all, now);
  const titleOf = (row: TimelineRow) => steps.find(({ name }) => name === row.step)?.title ?? row.step;
  const x = (at: number) => `${(((at - span.from) / (span.to - span.from)) * 100).toFixed(2)}%`;
  const ticks = ticksOf(span);
  return html`<figure class="timeline">
    <figcaption class="meta">
      ${duration(span.to - span.from)}, of which ${duration(waited)} waiting
    </figcaption>
    <div class="axis row" aria-hidden="true">
      <span class="meta">${timeOfDay(new Date(span.from))}</span>
      <svg height="16" width="100%">
        ${ticks.map((tick) => html`<text class="tick" x="${x(tick.getTime())}" y="12">${timeOfDay(tick)}</text>`)}
      </svg>
      <span class="meta number">in all</span><span></span>
    </div>
    ${rows.map((row) => {
      const bars = barsOf(row.entries, span, now);
      const isUndo = row.direction === 'undo';
      const hasFailed = isUndo && row.entries.at(-1)?.endedAs === 'failed';
      const total = totalOf(row.entries, now);
      const attempts = row.entries.filter(({ kind }) => kind === 'attempt').length;
      return html`<div class="row" aria-hidden="true">
        <span class="label"
          >${isUndo ? html`<span class="third">Undo </span>` : html`${row.position} `}${titleOf(row)}</span
        >
        <svg class="bars" height="22" width="100%">
          ${ticks.map((tick) => html`<line class="grid" x1="${x(tick.getTime())}" x2="${x(tick.getTime())}" y1="0" y2="22" />`)}
          ${bars.map((bar) => barOf(bar, isUndo, hasFailed))}
        </svg>
        <span class="number"
          >${duration(total)}${attempts > 1 ? html`<span class="hidden">, ${attempts} attempts</span>` : ''}</span
        >
        <span class="number third">${whole === 0 ? '' : `${Math.round((total / whole) * 100)} %`}</span>
      </div>`;
    })}
    <p class="legend meta" aria-hidden="true">
      ${legend('attempt', 'an attempt')}${legend('wait', 'waits for the provider')}${legend('pause', 'until the next attempt')}
      ${legend('error', 'ended in an error')}${rows.some(({ direction }) => direction === 'undo') ? legend('undo', 'undo') : ''}
    </p>
    <div class="hidden">
      <table>
        <caption>
          Where the time went
        </caption>
        <thead>
          <tr>
            <th>Step</th>
            <th>What</th>
            <th>Begin</th>
            <th>Length</th>
            <th>End</th>
          </tr>
        </thead>
        <tbody>
          ${rows.flatMap((row) =>
            row.entries.map(
              (entry) =>
                html`<tr>
                  <td>${row.direction === 'undo' ? 'Undo of ' : ''}${titleOf(row)}</td>
                  <td>
                    ${entry.kind === 'attempt' ? `attempt ${entry.attempt ?? ''}` : `wait for ${entry.for ?? ''}`}
                  </td>
                  <td>${timeOfDay(new Date(entry.begin))}</td>
                  <td>${duration(lengthOf(entry, now))}</td>
                  <td>
                    ${entry.endedAs ?? 'goes on'}${entry.error === null ? '' : `: ${entry.error.message}`}
                  </td>
                </tr>`,
            ),
          )}
        </tbody>
      </table>
    </div>
  </figure>`;
}

function barOf({ kind, x, width, hasError, goesOn, merged }: Bar, isUndo: boolean, hasFailed: boolean): Html {
  const at = `${x.toFixed(2)}%`;
  const wide = `${width.toFixed(2)}%`;
  const end = `${(x + width).toFixed(2)}%`;
  if (kind === 'pause')
    return html`<line class="pause${goesOn ? ' on' : ''}" x1="${at}" x2="${end}" y1="11" y2="11" />`;
  const names = [
    kind,
    ...(isUndo ? ['undo'] : []),
    ...(hasFailed ? ['undo-failed'] : []),
    ...(goesOn ? ['on'] : []),
  ];
  return html`<rect
      class="${names.join(' ')}"
      x="${at}"
      width="${wide}"
      y="7"
      height="8"
      rx="1.5"
    />${hasError ? html`<line class="error" x1="${end}" x2="${end}" y1="4" y2="18" />` : ''}${merged > 1 ? html`<title>${count(merged, 'attempt')}</title>` : ''}`;
}

function legend(kind: 'attempt' | 'wait' | 'pause' | 'error' | 'undo', text: string): Html {
  const drawn =
    kind === 'pause'
      ? html`<line class="pause" x1="1" x2="21" y1="6" y2="6" />`
      : html`<rect
            class="${kind === 'error' ? 'attempt' : kind === 'undo' ? 'attempt undo' : kind}"
            x="1"
            y="2"
            width="18"
            height="8"
            rx="1.5"
          />${kind === 'error' ? html`<line class="error" x1="19" x2="19" y1="0" y2="12" />` : ''}`;
  return html`<span><svg width="22" height="12">${drawn}</svg>${text}</span>`;
}

/** The pattern of waits, once in a page. */
export const hatching = html`<svg class="patterns" width="0" height="0" aria-hidden="true">
  <defs>
    <pattern id="hatch" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
      <rect class="hatch-ground" width="5" height="5" />
      <line class="hatch-line" x1="0" y1="0" x2="0" y2="5" />
    </pattern>
    <pattern id="hatch-on" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
      <rect class="hatch-ground" width="5" height="5" />
      <line class="hatch-line on" x1="0" y1="0" x2="0" y2="5" />
    </pattern>
  </defs>
</svg>`;
