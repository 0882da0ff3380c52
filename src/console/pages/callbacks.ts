/** `/callbacks`: what callers were told, of all clients. What was given up can be sent again, many at once. */
import type { ListedCallback, PageContext } from '../data.ts';
import { html, type Html } from '../html.ts';
import { callbackSigns } from '../parts/states.ts';
import { sign } from '../parts/glyph.ts';
import { exactMoment } from '../parts/times.ts';
import { layout } from './layout.ts';

export interface CallbacksData {
  readonly state: string | undefined;
  readonly items: readonly ListedCallback[];
  readonly nextCursor: string | null;
  /** How many were sent again just now. */
  readonly sentAgain: number | undefined;
}

const tabs = [
  [undefined, 'All'],
  ['failed', 'Given up'],
  ['pending', 'Pending'],
  ['delivered', 'Delivered'],
  ['stopped', 'Stopped'],
] as const;

export function callbacksPage(
  context: PageContext,
  { state, items, nextCursor, sentAgain }: CallbacksData,
): Html {
  const { now, viewer } = context;
  const url = (of: string | undefined, cursor?: string) => {
    const query = new URLSearchParams({
      ...(of !== undefined && { state: of }),
      ...(cursor !== undefined && { cursor }),
    }).toString();
    return `/callbacks${query === '' ? '' : `?${query}`}`;
  };
  const maySend = viewer.may.operate && items.some((item) => item.state !== 'pending');
  return layout(context, {
    title: 'Callbacks',
    nav: 'Callbacks',
    body: html`<div class="head">
        <div>
          <h1>Callbacks</h1>
          <p class="second">
            What callers were told. A receiver that does not answer is asked again for a day.
          </p>
        </div>
      </div>
      ${sentAgain === undefined ? '' : html`<p class="summary" role="status">${sentAgain} ${sentAgain === 1 ? 'is' : 'are'} sent again, in order.</p>`}
      <nav aria-label="States">
        <ul class="tabs">
          ${tabs.map(([of, label]) => html`<li><a href="${url(of)}" ${of === state ? html` aria-current="true"` : ''}>${label}</a></li>`)}
        </ul>
      </nav>
      ${
        items.length === 0
          ? html`<p class="empty">There is none.</p>`
          : html`<form method="post" action="/callbacks">
              <table class="list" data-rows>
                <thead>
                  <tr>
                    ${maySend ? html`<th><span class="hidden">Choose</span></th>` : ''}
                    <th>State</th>
                    <th>Client</th>
                    <th>What it tells</th>
                    <th class="number">Attempts</th>
                    <th>Last answer</th>
                    <th class="number">Written</th>
                  </tr>
                </thead>
                <tbody>
                  ${items.map((item) => {
                    const last = item.attempts[0];
                    return html`<tr>
                      ${maySend ? html`<td>${item.state === 'pending' ? '' : html`<input type="checkbox" name="ids" value="${item.id}" aria-label="${item.clientName}, ${item.type}" ${item.state === 'failed' ? html` checked` : ''} />`}</td>` : ''}
                      <td>${sign(callbackSigns[item.state])}</td>
                      <td>
                        <a class="plain" href="/clients/${item.clientId}?run=${item.provisioningId}"
                          ><b><bdi>${item.clientName}</bdi></b></a
                        >
                      </td>
                      <td class="second">${item.type.replace('provisioning.', '').replaceAll('_', ' ')}</td>
                      <td class="number">${item.attemptCount}</td>
                      <td class="second">
                        ${last === undefined ? 'none yet' : (last.status ?? last.error ?? 'no answer')}
                      </td>
                      <td class="number">${exactMoment(new Date(item.createdAt), now)}</td>
                    </tr>`;
                  })}
                </tbody>
              </table>
              <div class="pager">
                <p>${maySend ? html`<button class="filled">Send the chosen again</button>` : ''}</p>
                <p>
                  ${nextCursor === null ? '' : html`<a class="button" href="${url(state, nextCursor)}" rel="next">Older</a>`}
                </p>
              </div>
            </form>`
      }`,
  });
}
