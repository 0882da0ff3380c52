/** A rail as small as a word: one mark per step. */
import type { Provisioning } from '../data.ts';
import { html, type Html } from '../html.ts';

type Mark = 'done' | 'running' | 'waiting' | 'failed' | 'needed' | 'undone' | 'ahead';

/** Pure. */
export function marksOf({ steps, status, rollback }: Provisioning): Mark[] {
  return steps.map((step): Mark => {
    if (step.status === 'undo-failed') return 'needed';
    if (step.status === 'failed') return status === 'paused' ? 'needed' : 'failed';
    if (step.status === 'undone') return 'undone';
    if (rollback.status === 'completed') return 'ahead';
    if (step.status === 'succeeded') return 'done';
    if (step.status === 'running') return 'running';
    return step.status === 'waiting' ? 'waiting' : 'ahead';
  });
}

export function miniRail(provisioning: Provisioning): Html {
  const marks = marksOf(provisioning);
  const done = provisioning.steps.filter(({ status }) => status === 'succeeded').length;
  const width = marks.length * 18 - 4;
  return html`<svg
    class="mini"
    width="${width}"
    height="10"
    viewBox="0 0 ${width} 10"
    role="img"
    aria-label="${done} of ${marks.length} steps done"
  >
    ${marks.map((mark, index) => drawn(mark, index * 18))}
  </svg>`;
}

function drawn(mark: Mark, x: number): Html {
  if (mark === 'failed') return html`<rect class="m-failed" x="${x}" y="1" width="14" height="8" />`;
  if (mark === 'needed') return html`<path class="m-needed" d="M${x + 7} 0 ${x + 14} 10 ${x} 10Z" />`;
  if (mark === 'undone')
    return html`<rect class="m-undone" x="${x + 0.6}" y="3.1" width="12.8" height="3.8" rx="1.9" />`;
  const whole = html`<rect
    class="${mark === 'done' ? 'm-done' : 'm-ahead'}"
    x="${x}"
    y="2.5"
    width="14"
    height="5"
    rx="2"
  />`;
  if (mark === 'running')
    return html`${whole}<rect class="m-running" x="${x}" y="2.5" width="7" height="5" rx="2" />`;
  if (mark === 'waiting')
    return html`${[0, 4, 8, 12].map((by) => html`<rect class="m-running" x="${x + by}" y="2.5" width="2" height="5" />`)}`;
  return whole;
}
