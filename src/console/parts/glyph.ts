/** The silhouettes of the states: round goes by itself, square has ended badly, a triangle needs a person. */
import { html, raw, type Html } from '../html.ts';

export type Tone = 'accent' | 'good' | 'failed' | 'needed' | 'quiet';

export interface Sign {
  readonly glyph: GlyphName;
  readonly tone: Tone;
  readonly word: string;
}

const ring = '<circle cx="8" cy="8" r="6.2" fill="none" stroke="currentColor" stroke-width="1.6"/>';
const dotted =
  '<circle cx="8" cy="8" r="6.2" fill="none" stroke="currentColor" stroke-width="1.6" stroke-dasharray="2 1.9"/>';
const disc = '<circle cx="8" cy="8" r="7" fill="currentColor"/>';
const square = '<rect x="1.5" y="1.5" width="13" height="13" rx="2.5" fill="currentColor"/>';
const hollow =
  '<rect x="2.2" y="2.2" width="11.6" height="11.6" rx="2" fill="none" stroke="currentColor" stroke-width="1.6"/>';
const triangle =
  '<path d="M8 1.2 15.4 14.4H.6Z" fill="currentColor" stroke="currentColor" stroke-linejoin="round"/>';
const inside = (path: string, width = 1.8) =>
  `<path d="${path}" fill="none" stroke="var(--page)" stroke-width="${width}" stroke-linecap="round" stroke-linejoin="round"/>`;
const line = (path: string, width = 1.6) =>
  `<path d="${path}" fill="none" stroke="currentColor" stroke-width="${width}" stroke-linecap="round" stroke-linejoin="round"/>`;
const arrow = 'M11 8H5.2M7.4 5.7 5.1 8l2.3 2.3';

const drawings = {
  queued: dotted,
  running: `${ring}<path d="M8 1.8a6.2 6.2 0 0 1 0 12.4Z" fill="currentColor"/>`,
  waiting: ring + line('M8 4.6V8l2.3 1.6'),
  undoing: disc + inside(arrow),
  done: disc + inside('m4.9 8.2 2.1 2.1 4.1-4.4'),
  failed: square + inside('m5.5 5.5 5 5m0-5-5 5'),
  cancelled: hollow + line('m5.4 10.6 5.2-5.2'),
  paused: triangle + inside('M6.7 7.2v4M9.3 7.2v4', 1.6),
  incomplete: triangle + inside('M8 6.2v3.6M8 12v.1'),
  unknown: triangle + inside('M6.6 7.4a1.5 1.5 0 1 1 2 1.6c-.4.2-.6.4-.6.9M8 12v.1', 1.4),
  undone: ring + line(arrow),
  willUndo: dotted + line(arrow),
  pending: ring,
  skipped: dotted + line('M5.6 8h4.8'),
  none: line('M4.5 8h7'),
} as const;
export type GlyphName = keyof typeof drawings;

/** Hidden from screen readers: the word beside it is read. */
export function glyph({ glyph: name, tone }: Pick<Sign, 'glyph' | 'tone'>, isLarge = false): Html {
  return html`<svg class="glyph ${tone}${isLarge ? ' large' : ''}" viewBox="0 0 16 16" aria-hidden="true">
    ${raw(drawings[name])}
  </svg>`;
}

/** A state: silhouette, word, colour, in that order. */
export function sign(of: Sign, more?: string): Html {
  const word =
    of.tone === 'needed'
      ? html`<b class="needed">${of.word}</b>`
      : html`<span class="${of.tone}">${of.word}</span>`;
  return html`<span class="sign"
    >${glyph(of)}<span>${word}${more === undefined ? '' : `, ${more}`}</span></span
  >`;
}
