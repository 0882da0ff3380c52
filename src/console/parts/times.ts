/** Times in a page: what a script counts on, and what it is without one. */
import { html, type Html } from '../html.ts';
import { dayAndTime, duration, shortTime } from './format.ts';

/** How long ago that was; the script counts on. */
export function since(at: Date, now: Date): Html {
  return html`<time datetime="${at.toISOString()}" data-since
    >${duration(now.getTime() - at.getTime())}</time
  >`;
}

/** How long it lasts until then; the script counts down. */
export function until(at: Date, now: Date): Html {
  return html`<time datetime="${at.toISOString()}" data-until
    >${duration(at.getTime() - now.getTime())}</time
  >`;
}

/** A time of day, or the day where it is another. */
export function moment(at: Date, now: Date): Html {
  return html`<time datetime="${at.toISOString()}">${shortTime(at, now)}</time>`;
}

export function exactMoment(at: Date, now: Date): Html {
  return html`<time datetime="${at.toISOString()}">${dayAndTime(at, now)}</time>`;
}
