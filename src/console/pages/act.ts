/** One page per action: exactly what will be deleted and what stays, a reason, and the client id where it cannot be undone. */
import type { Action } from '../../api/allowed-actions.ts';
import { isGone } from '../../provisioning.ts';
import type { PageContext, Provisioning, Resource } from '../data.ts';
import { html, type Content, type Html } from '../html.ts';
import { textsOf, type ActTexts } from '../parts/act-texts.ts';
import { count, fullDay } from '../parts/format.ts';
import { sign } from '../parts/glyph.ts';
import { nounOf, resourceSign } from '../parts/states.ts';
import { layout } from './layout.ts';

export interface ActData {
  readonly action: Action;
  readonly provisioning: Provisioning;
  readonly reason: string;
  readonly confirm: string;
  /** The resource that is to be forgotten. */
  readonly resource: string;
  /** The reason why nothing was done. */
  readonly problem: Content | undefined;
  /** Undefined: it is allowed. */
  readonly refusal: Content | undefined;
  readonly receiver: string | undefined;
}

/** An action that cannot be undone wants the client id typed. */
const needsName: ReadonlySet<Action> = new Set(['offboard', 'forget']);

export function actPage(context: PageContext, data: ActData): Html {
  const { action, provisioning: one, problem, refusal } = data;
  const doomed = doomedBy(action, one);
  const texts = textsOf[action](one, doomed.length);
  const back = `/clients/${one.clientId}?run=${one.id}`;
  return layout(context, {
    title: texts.title,
    nav: 'Clients',
    body: html`<p class="crumbs meta">
        <a href="/clients">Clients</a> / <a href="${back}">${one.clientId}</a> / ${texts.crumb}
      </p>
      <div class="head">
        <div>
          <h1>${texts.heading} <bdi>${one.clientName}</bdi>?</h1>
          <p class="second">${texts.lead}</p>
        </div>
      </div>
      ${problem === undefined ? '' : html`<div class="summary" role="alert" tabindex="-1" autofocus>${problem}</div>`}
      <div class="columns act-page">
        <div>
          ${
            action === 'forget'
              ? ''
              : html`<section>
                  <div class="section">
                    <h2>${texts.list}</h2>
                    <span class="meta"
                      >${doomed.length === 0 ? '' : `${count(doomed.length, 'thing')}, made by this service on ${fullDay(new Date(one.createdAt))}`}</span
                    >
                  </div>
                  ${
                    doomed.length === 0
                      ? html`<p class="second">
                          ${action === 'resume' ? 'Nothing.' : 'Nothing was made yet.'}
                        </p>`
                      : html`<table class="list doomed">
                          <thead class="hidden">
                            <tr>
                              <th>Order</th>
                              <th>What</th>
                              <th>Name</th>
                            </tr>
                          </thead>
                          <tbody>
                            ${doomed.map(
                              (resource, index) =>
                                html`<tr>
                                  <td class="third">${index + 1}</td>
                                  <td>${nounOf(resource.kind)}</td>
                                  <td>
                                    ${nameAt(resource)}<br /><span class="second"
                                      >${consequence(resource.kind)}</span
                                    >
                                  </td>
                                </tr>`,
                            )}
                          </tbody>
                        </table>`
                  }
                </section>`
          }
          <section>
            <div class="section"><h2>Stays</h2></div>
            <table class="list">
              <tbody>
                ${stays(action, data).map(
                  ([what, why]) =>
                    html`<tr>
                      <th scope="row">${what}</th>
                      <td class="second">${why}</td>
                    </tr>`,
                )}
              </tbody>
            </table>
          </section>
        </div>
        <aside class="ruled">
          <h2>Before you go on</h2>
          ${
            refusal === undefined
              ? actForm(data, texts, back)
              : html`<p>${refusal}</p>
                  <p class="buttons"><a class="button" href="${back}">Back to the client</a></p>`
          }
        </aside>
      </div>`,
  });
}

function doomedBy(action: Action, one: Provisioning): readonly Resource[] {
  if (action === 'resume' || action === 'forget') return [];
  return one.resources.filter(isLeft).toReversed();
}

const isLeft = (resource: Resource) => resource.origin === 'created' && !isGone(resource);

const nameAt = ({ name, url }: Resource): Content =>
  url === null ? name : html`<a href="${url}" rel="noreferrer">${name} ↗</a>`;

function consequence(kind: string): string {
  const texts: Readonly<Record<string, string>> = {
    'n8n.workflow': 'Its webhook stops answering at once. Past executions go too.',
    'vercel.project': 'The site goes offline, with all deployments and variables.',
    'github.repository': 'All branches, issues and releases.',
    'supabase.project':
      'The database with all rows and users, all stored files, and the project’s own backups.',
  };
  return texts[kind] ?? '';
}

function stays(
  action: Action,
  { provisioning: one, receiver }: ActData,
): readonly (readonly [Content, Content])[] {
  const told: readonly (readonly [Content, Content])[] =
    receiver === undefined ? [] : [[receiver, 'is told how it ends']];
  if (action === 'resume') return [['Everything that was made', 'is kept and used'], ...told];
  if (action === 'forget')
    return [
      ['The thing itself', 'stays at the provider, and is yours to look after'],
      ['The client id', 'is free once nothing is left on the list'],
    ];
  return [
    ['This page and its history', 'stay until the retention time is over'],
    ['The client id', `${one.clientId} is free again as soon as all of it is seen to be gone`],
    ...told,
    ['Everything else', 'domains, DNS, mail and forks were not made here and are not touched'],
  ];
}

function actForm(
  { action, provisioning: one, reason, confirm, resource }: ActData,
  texts: ActTexts,
  back: string,
): Html {
  const left = one.resources.filter((each) => !isGone(each));
  return html`${action === 'offboard' ? html`<p class="second">Want the data? Export it first, at Supabase.</p>` : ''}
    <form method="post" action="/clients/${one.clientId}/${action}">
      <input type="hidden" name="run" value="${one.id}" />
      ${
        action === 'forget'
          ? html`<fieldset class="radios">
              <legend>What</legend>
              ${left.map(
                (item, index) =>
                  html`<label
                    ><input
                      type="radio"
                      name="resource"
                      value="${item.id}"
                      ${item.id === resource || (resource === '' && index === 0) ? html` checked` : ''}
                    /><span
                      >${sign(resourceSign(item.state, one.rollback.status))} ${nounOf(item.kind)}
                      <b>${item.name}</b></span
                    ></label
                  >`,
              )}
            </fieldset>`
          : ''
      }
      <p class="field">
        <label for="reason"
          >Reason${action === 'forget' ? '' : html` <span class="third">optional</span>`}</label
        ><textarea id="reason" name="reason" rows="2" maxlength="500" aria-describedby="reason-help">
${reason}</textarea
        ><span class="meta" id="reason-help">Stays in the history, with your name.</span>
      </p>
      ${
        needsName.has(action)
          ? html`<p class="field">
              <label for="confirm">Type <span class="mono">${one.clientId}</span> to confirm</label
              ><input
                id="confirm"
                name="confirm"
                class="mono"
                value="${confirm}"
                autocomplete="off"
                spellcheck="false"
              />
            </p>`
          : ''
      }
      <p class="buttons">
        <button class="${texts.isDeadly ? 'deadly' : 'filled'}">${texts.button}</button>
        <a class="button" href="${back}">${texts.keep}</a>
      </p>
      ${action === 'resume' || action === 'forget' ? '' : html`<p class="meta">If something can’t be deleted, the rest still is, and the page says what is left.</p>`}
    </form>`;
}
