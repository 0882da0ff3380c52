/** `/clients`: every client, by the newest provisioning of each. The filters live in the URL. */
import { clientStates, type ClientState } from '../../provisioning.ts';
import type { PageContext, Provisioning, Summary } from '../data.ts';
import { html, type Html } from '../html.ts';
import { duration } from '../parts/format.ts';
import { glyph, sign } from '../parts/glyph.ts';
import { miniRail } from '../parts/mini-rail.ts';
import { stateSign, stateSigns } from '../parts/states.ts';
import { moment, since } from '../parts/times.ts';
import { whatIsKnown } from '../parts/what-is-known.ts';
import { layout } from './layout.ts';

export interface ClientsFilter {
  readonly q: string;
  readonly state: ClientState | undefined;
}

export interface ClientsData {
  readonly filter: ClientsFilter;
  readonly counts: Summary['counts'];
  readonly items: readonly Provisioning[];
  readonly nextCursor: string | null;
  /** True where this is not the first page. */
  readonly isLater: boolean;
}

/** The same list with another filter. Pure. */
export function clientsUrl({
  q,
  state,
  cursor,
}: Partial<ClientsFilter> & { readonly cursor?: string }): string {
  const query = new URLSearchParams();
  if (q !== undefined && q !== '') query.set('q', q);
  if (state !== undefined) query.set('state', state);
  if (cursor !== undefined) query.set('cursor', cursor);
  const text = query.toString();
  return `/clients${text === '' ? '' : `?${text}`}`;
}

export function clientsPage(context: PageContext, data: ClientsData): Html {
  const { filter, counts, items, nextCursor, isLater } = data;
  const { q, state } = filter;
  const numbers: Readonly<Record<ClientState, number>> = { ...counts, 'in-progress': counts.inProgress };
  const tab = (name: ClientState | undefined, label: Html | string, number: number) =>
    html`<li>
      <a href="${clientsUrl({ q, state: name })}" ${name === state ? html` aria-current="true"` : ''}
        >${label} <span class="meta">${number}</span></a
      >
    </li>`;
  return layout(context, {
    title: 'Clients',
    nav: 'Clients',
    ...(isLater ? {} : { looksEvery: 5 }),
    body: html`<div class="head">
        <h1>Clients</h1>
        ${context.viewer.may.create ? html`<a class="button filled" href="/clients/new">New client</a>` : ''}
      </div>
      <form class="filter" action="/clients" role="search" aria-label="Filter the list">
        <label class="hidden" for="q">Name or client id contains</label>
        <input
          id="q"
          name="q"
          type="search"
          value="${q}"
          maxlength="100"
          placeholder="Name or client id contains"
          autocomplete="off"
        />
        ${state === undefined ? '' : html`<input type="hidden" name="state" value="${state}" />`}<button>
          Search</button
        ><span class="meta end">Newest first</span>
      </form>
      <nav aria-label="States">
        <ul class="tabs">
          ${tab(undefined, 'All', counts.total)}${clientStates
            .toSorted((a, b) => order.indexOf(a) - order.indexOf(b))
            .map((name) =>
              tab(name, html`${glyph(stateSigns[name])} ${stateSigns[name].word}`, numbers[name]),
            )}
        </ul>
      </nav>
      ${items.length === 0 ? nobody(filter) : table(items, context)}
      <div class="pager">
        <p class="meta">
          ${items.length === 0 ? '' : html`<kbd>j</kbd> <kbd>k</kbd> move, <kbd>Enter</kbd> opens.`}
        </p>
        <p>
          ${isLater ? html`<a class="button" href="${clientsUrl(filter)}">Newest</a> ` : ''}${nextCursor === null ? '' : html`<a class="button" href="${clientsUrl({ ...filter, cursor: nextCursor })}" rel="next">Older</a>`}
        </p>
      </div>`,
  });
}

const order: readonly ClientState[] = ['attention', 'in-progress', 'live', 'failed', 'offboarded'];

function nobody({ q, state }: ClientsFilter): Html {
  const among = state === undefined ? '' : ` among ${stateSigns[state].word}`;
  if (q === '')
    return html`<p class="empty">
      ${state === undefined ? 'No client has been provisioned yet.' : `No client is${among}.`}
    </p>`;
  return html`<p class="empty">
    No client matches “<bdi>${q}</bdi>”${among}.
    ${state === undefined ? '' : html`<a href="${clientsUrl({ q })}">Search all states</a>`}
  </p>`;
}

function table(items: readonly Provisioning[], { now, steps }: PageContext): Html {
  return html`<table class="list clients" data-rows>
    <thead>
      <tr>
        <th>Client</th>
        <th>Client id</th>
        <th>State</th>
        <th>What is known</th>
        <th>Steps</th>
        <th>Tier</th>
        <th class="number">Begun</th>
        <th class="number">Took</th>
      </tr>
    </thead>
    <tbody>
      ${items.map((one) => {
        const begun = new Date(one.createdAt);
        const took =
          one.finishedAt === null
            ? since(begun, now)
            : duration(Date.parse(one.finishedAt) - begun.getTime());
        return html`<tr id="row-${one.id}">
          <td class="cut">
            <a class="plain" href="/clients/${one.clientId}"
              ><b><bdi>${one.clientName}</bdi></b></a
            >
          </td>
          <td class="cut meta">${one.clientId}</td>
          <td>${sign(stateSign(one.state, one.status, one.rollback.status))}</td>
          <td class="cut second">${whatIsKnown(one, steps)}</td>
          <td>${miniRail(one)}</td>
          <td class="second">${one.tier}</td>
          <td class="number">${moment(begun, now)}</td>
          <td class="number">${took}</td>
        </tr>`;
      })}
    </tbody>
  </table>`;
}
