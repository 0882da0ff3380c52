/** Keys, and who has done what. */
import type { AuditEntry, Key, NewKey, PageContext } from '../data.ts';
import { html, type Content, type Html } from '../html.ts';
import { count } from '../parts/format.ts';
import { sign } from '../parts/glyph.ts';
import { nameOf } from '../parts/name-of.ts';
import { exactMoment } from '../parts/times.ts';
import { roles } from '../../ledger/roles.ts';
import { layout } from './layout.ts';

const keySigns = {
  usable: { glyph: 'done', tone: 'good', word: 'Usable' },
  expired: { glyph: 'none', tone: 'quiet', word: 'Expired' },
  revoked: { glyph: 'cancelled', tone: 'quiet', word: 'Revoked' },
} as const;

const roleTexts: Readonly<Record<(typeof roles)[number], string>> = {
  viewer: 'reads',
  provisioner: 'reads, plans and creates',
  operator: 'reads, plans, cancels, resumes, rolls back, sends again',
  admin: 'everything',
};

export interface KeysData {
  readonly keys: readonly Key[];
  /** Shown this once. */
  readonly made: NewKey | undefined;
  readonly problem: Content | undefined;
}

export function keysPage(context: PageContext, { keys, made, problem }: KeysData): Html {
  const { now, viewer } = context;
  return layout(context, {
    title: 'Keys',
    nav: 'Keys',
    body: html`<div class="head">
        <div>
          <h1>Keys</h1>
          <p class="second">
            Each program and person has one of their own. A revoked key opens nothing within two seconds.
          </p>
        </div>
      </div>
      ${problem === undefined ? '' : html`<div class="summary" role="alert" tabindex="-1" autofocus>${problem}</div>`}
      ${
        made === undefined
          ? ''
          : html`<section class="block accent" role="status">
              <h2>The key of <bdi>${made.name}</bdi></h2>
              <p>It is shown this once. Copy it now.</p>
              <pre class="mono" id="new-key">${made.key}</pre>
            </section>`
      }
      <div class="columns">
        <section>
          <table class="list">
            <thead>
              <tr>
                <th>Whose</th>
                <th>Role</th>
                <th>State</th>
                <th>Made</th>
                <th>Ends</th>
                <th>Last used</th>
                <th><span class="hidden">Revoke</span></th>
              </tr>
            </thead>
            <tbody>
              ${keys.map(
                (key) =>
                  html`<tr>
                    <td>
                      <b><bdi>${key.name}</bdi></b
                      ><br /><span class="mono meta">${key.id}</span>
                    </td>
                    <td>${key.role}</td>
                    <td>${sign(keySigns[key.state])}</td>
                    <td class="second">${exactMoment(new Date(key.createdAt), now)}</td>
                    <td class="second">
                      ${key.expiresAt === null ? 'never' : exactMoment(new Date(key.expiresAt), now)}
                    </td>
                    <td class="second">
                      ${key.lastUsedAt === null ? 'never' : exactMoment(new Date(key.lastUsedAt), now)}
                    </td>
                    <td>
                      ${key.state === 'usable' ? (viewer.by === `key:${key.id}` ? html`<span class="meta">yours</span>` : html`<form method="post" action="/keys/${key.id}/revoke"><button class="quiet" aria-label="Revoke the key of ${key.name}">Revoke</button></form>`) : ''}
                    </td>
                  </tr>`,
              )}
            </tbody>
          </table>
          ${keys.length === 0 ? html`<p class="empty">None yet: only the server’s ADMIN_API_KEY opens it.</p>` : ''}
        </section>
        <aside class="ruled">
          <h2>A new key</h2>
          <form method="post" action="/keys">
            <p class="field">
              <label for="name">Whose it is</label
              ><input id="name" name="name" maxlength="100" required autocomplete="off" />
            </p>
            <fieldset class="radios">
              <legend>Role</legend>
              ${roles.map(
                (role, index) =>
                  html`<label
                    ><input
                      type="radio"
                      name="role"
                      value="${role}"
                      ${index === 0 ? html` checked` : ''}
                    /><span><b>${role}</b> ${roleTexts[role]}</span></label
                  >`,
              )}
            </fieldset>
            <p class="field">
              <label for="expiresInDays">Ends after days <span class="third">optional</span></label
              ><input
                id="expiresInDays"
                name="expiresInDays"
                inputmode="numeric"
                maxlength="5"
                autocomplete="off"
              />
            </p>
            <p class="buttons"><button class="filled">Make the key</button></p>
          </form>
        </aside>
      </div>`,
  });
}

export interface ActivityData {
  readonly items: readonly AuditEntry[];
  readonly nextCursor: string | null;
  readonly filter: { readonly action: string; readonly clientId: string; readonly by: string };
  readonly actions: readonly string[];
}

const actionTexts: Readonly<Record<string, string>> = {
  provisioned: 'Provisioned',
  cancelled: 'Cancelled',
  resumed: 'Resumed',
  'rolled-back': 'Rolled back',
  offboarded: 'Offboarded',
  forgot: 'Forgot',
  redelivered: 'Sent a callback again',
  'made-key': 'Made a key',
  'revoked-key': 'Revoked a key',
  'signed-in': 'Signed in',
  'sign-in-failed': 'Failed to sign in',
  'signed-out': 'Signed out',
  'orphan-deleted': 'Deleted an orphan',
  'looked-for-orphans': 'Had orphans looked for',
};

export function activityPage(
  context: PageContext,
  { items, nextCursor, filter, actions }: ActivityData,
): Html {
  const url = (cursor?: string) => {
    const query = new URLSearchParams(Object.entries(filter).filter(([, value]) => value !== ''));
    if (cursor !== undefined) query.set('cursor', cursor);
    return query.toString();
  };
  return layout(context, {
    title: 'Activity',
    nav: 'Activity',
    body: html`<div class="head">
        <div>
          <h1>Activity</h1>
          <p class="second">Who has done what. Nothing of it is ever changed or deleted.</p>
        </div>
        <a class="button" href="/activity.csv?${url()}">Export as CSV</a>
      </div>
      <form class="filter" action="/activity">
        <label class="hidden" for="action">What</label
        ><select id="action" name="action">
          <option value="">Everything</option>
          ${actions.map((action) => html`<option value="${action}" ${action === filter.action ? html` selected` : ''}>${actionTexts[action] ?? action}</option>`)}
        </select>
        <label class="hidden" for="clientId">Client id</label
        ><input
          id="clientId"
          name="clientId"
          type="search"
          value="${filter.clientId}"
          placeholder="Client id"
          maxlength="50"
          autocomplete="off"
        /><label class="hidden" for="by">Who</label
        ><input
          id="by"
          name="by"
          type="search"
          value="${filter.by}"
          placeholder="Who, as key:1a2b…"
          maxlength="210"
          autocomplete="off"
        /><button>Show</button><span class="meta end">${count(items.length, 'row')}</span>
      </form>
      ${
        items.length === 0
          ? html`<p class="empty">Nobody has done that.</p>`
          : html`<table class="list">
              <thead>
                <tr>
                  <th>When</th>
                  <th>Who</th>
                  <th>What</th>
                  <th>Client</th>
                  <th>Why, and what else is known</th>
                  <th>From</th>
                </tr>
              </thead>
              <tbody>
                ${items.map((item) => {
                  const { reason, ...rest } = item.detail;
                  const more = Object.entries(rest)
                    .map(
                      ([name, value]) =>
                        `${name} ${typeof value === 'string' ? value : JSON.stringify(value)}`,
                    )
                    .join(', ');
                  return html`<tr>
                    <td>${exactMoment(new Date(item.at), context.now)}</td>
                    <td>${nameOf(item.by)}</td>
                    <td>${actionTexts[item.action] ?? item.action}</td>
                    <td>
                      ${item.clientId === null ? '' : html`<a href="/clients/${item.clientId}">${item.clientId}</a>`}
                    </td>
                    <td class="second">
                      ${typeof reason === 'string' ? html`<q><bdi>${reason}</bdi></q> ` : ''}<bdi
                        >${more}</bdi
                      >
                    </td>
                    <td class="mono">${item.address ?? ''}</td>
                  </tr>`;
                })}
              </tbody>
            </table>`
      }
      <div class="pager">
        <p></p>
        <p>
          ${nextCursor === null ? '' : html`<a class="button" href="/activity?${url(nextCursor)}" rel="next">Older</a>`}
        </p>
      </div>`,
  });
}
