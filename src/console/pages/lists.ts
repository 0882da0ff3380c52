/** Preflight and orphans. */
import type { Orphans, PageContext, Preflight } from '../data.ts';
import { html, type Content, type Html } from '../html.ts';
import { checksTable } from '../parts/checks.ts';
import { count, duration, timeOfDay } from '../parts/format.ts';
import { glyph } from '../parts/glyph.ts';
import { nounOf } from '../parts/states.ts';
import { layout } from './layout.ts';

export interface PreflightData {
  /** Undefined: nobody has asked yet, or no worker has answered. */
  readonly preflight: Preflight | undefined;
  readonly at: Date | undefined;
  readonly problem: string | undefined;
}

export function preflightPage(context: PageContext, { preflight, at, problem }: PreflightData): Html {
  const failing = preflight?.checks.filter(({ ok }) => !ok).length ?? 0;
  return layout(context, {
    title: 'Preflight',
    nav: 'Preflight',
    body: html`<div class="head">
        <div>
          <h1>
            ${preflight === undefined ? 'Preflight' : failing === 0 ? 'Everything is in order' : count(failing, 'check fails', 'checks fail')}
          </h1>
          <p class="second">
            ${at === undefined ? 'The providers were not asked yet.' : `A worker asked the providers ${duration(context.now.getTime() - at.getTime())} ago, at ${timeOfDay(at)}. It only read.`}
          </p>
        </div>
        <form method="post" action="/preflight"><button class="filled">Ask the providers now</button></form>
      </div>
      ${problem === undefined ? '' : html`<div class="summary" role="alert">${problem}</div>`}
      ${preflight === undefined ? '' : checksTable(preflight.checks)}`,
  });
}

/** Why it looks like ours, and what else is known. */
function whyOrphan(item: Orphans['items'][number]): string {
  const why =
    item['evidence'] === 'mark'
      ? 'It carries our mark.'
      : 'Only its name looks like ours: it may well be foreign.';
  return typeof item['note'] === 'string' ? `${why} ${item['note']}` : why;
}

export function orphansPage(context: PageContext, orphans: Orphans): Html {
  const { items, errors, checkedAt } = orphans;
  const text = (value: unknown): string =>
    typeof value === 'string' || typeof value === 'number' ? String(value) : '';
  const link = (item: Orphans['items'][number]): Content => {
    const url = text(item['url']);
    return /^https?:/.test(url) ? html`<a href="${url}" rel="noreferrer">${item.name} ↗</a>` : item.name;
  };
  return layout(context, {
    title: 'Orphans',
    nav: 'Orphans',
    body: html`<div class="head">
        <div>
          <h1>
            ${checkedAt === null ? 'Orphans' : items.length > 0 ? count(items.length, 'orphan') : errors.length > 0 ? 'No orphans where it could be looked' : 'No orphans'}
          </h1>
          <p class="second">
            What looks like ours at the providers, and nothing in the ledger owns.
            ${checkedAt === null ? 'No worker has looked yet.' : `Looked for ${duration(context.now.getTime() - Date.parse(checkedAt))} ago.`}
          </p>
        </div>
        ${context.viewer.may.operate ? html`<form method="post" action="/orphans"><button>Look now</button></form>` : ''}
      </div>
      ${errors.length === 0 ? '' : html`<div class="summary">${glyph({ glyph: 'incomplete', tone: 'needed' })} ${count(errors.length, 'kind')} could not be looked through: ${errors.map((error) => `${nounOf(text(error['kind']))}: ${text(error['message'])}`).join(' ')}</div>`}
      ${
        items.length === 0
          ? ''
          : html`<table class="list">
                <thead>
                  <tr>
                    <th>What</th>
                    <th>Name</th>
                    <th>Its id there</th>
                    <th>Why</th>
                  </tr>
                </thead>
                <tbody>
                  ${items.map(
                    (item) =>
                      html`<tr>
                        <td>${nounOf(item.kind)}</td>
                        <td>${link(item)}</td>
                        <td class="mono">${item.externalId}</td>
                        <td class="second">${whyOrphan(item)}</td>
                      </tr>`,
                  )}
                </tbody>
              </table>
              <p class="prose second">
                Delete one on the server’s machine:
                <span class="mono"
                  >npm run orphans -- --delete &lt;kind&gt;/&lt;id&gt; --confirm "&lt;name&gt;"</span
                >
              </p>`
      }`,
  });
}
