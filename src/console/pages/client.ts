/** `/clients/{clientId}`: status and rollback, what to do now, the rail, what exists, where the time went, the history. */
import { isGone } from '../../provisioning.ts';
import type { Callback, HistoryEvent, PageContext, Provisioning, Resource, TimelineRow } from '../data.ts';
import { html, type Content, type Html } from '../html.ts';
import { advice } from '../parts/advice.ts';
import { duration, timeOfDay } from '../parts/format.ts';
import { glyph, sign } from '../parts/glyph.ts';
import { historyLine } from '../parts/history.ts';
import { rail } from '../parts/rail.ts';
import { callbackSigns, nounOf, resourceSign, rollbackSigns, statusSigns } from '../parts/states.ts';
import { exactMoment, moment, since, until } from '../parts/times.ts';
import { timelineChart } from '../parts/timeline-chart.ts';
import { words } from '../parts/what-is-known.ts';
import { layout } from './layout.ts';

export interface ClientData {
  readonly provisioning: Provisioning;
  readonly timeline: readonly TimelineRow[];
  readonly events: readonly HistoryEvent[];
  readonly callbacks: readonly Callback[];
  /** Other provisionings of the client, newest first. */
  readonly others: readonly Provisioning[];
}

export function clientPage(context: PageContext, data: ClientData): Html {
  const { provisioning: one, timeline } = data;
  const { now, steps } = context;
  const address = `/clients/${one.clientId}${data.others.some(({ createdAt }) => createdAt > one.createdAt) ? `?run=${one.id}` : ''}`;
  return layout(context, {
    title: one.clientName,
    nav: 'Clients',
    ...(one.done ? {} : { liveFrom: `/clients/${one.clientId}/events?run=${one.id}` }),
    body: html`<p class="crumbs meta"><a href="/clients">Clients</a> / ${one.clientId}</p>
      <div class="head">
        <h1><bdi>${one.clientName}</bdi></h1>
        <p class="tools">
          ${one.done || one.status === 'paused' ? '' : html`<span class="meta live-mark"><span class="dot"></span> live</span>`}
          <a href="${address}${address.includes('?') ? '&' : '?'}as=json">JSON</a
          ><a href="#as-curl">curl</a>${headActions(context, one)}
        </p>
      </div>
      ${facts(one, now)} ${whatToDoNow(context, one)} ${rail({ provisioning: one, timeline, steps, now })}
      ${waitBlock(context, one)}
      ${
        one.warnings.length === 0
          ? ''
          : html`<section>
              <div class="section">
                <h2>Warnings</h2>
                <span class="meta">${one.warnings.length}</span>
              </div>
              <ul class="plain-list">
                ${one.warnings.map((warning) => html`<li><span class="mono">${warning.code}</span> ${warning.message}</li>`)}
              </ul>
            </section>`
      }
      ${resources(context, one)} ${whyItFailed(context, one)}
      ${one.done && Object.keys(one.result).length > 0 ? results(one) : ''}
      <section>
        <div class="section"><h2>Where the time went</h2></div>
        ${timelineChart(timeline, steps, now)}
      </section>
      <div class="columns">
        <section>
          <div class="section"><h2>History</h2></div>
          ${history(context, data.events)}
        </section>
        <aside>
          <section id="callbacks">
            <div class="section">
              <h2>Callbacks</h2>
              <span class="meta"
                >${data.callbacks.filter(({ state }) => state === 'delivered').length} sent</span
              >
            </div>
            ${callbacks(context, one, data.callbacks)}
          </section>
          <section>
            <div class="section"><h2>Asked for</h2></div>
            <dl class="pairs">
              <dt>Client id</dt>
              <dd class="mono">${one.clientId}</dd>
              <dt>Tier</dt>
              <dd>${one.tier}</dd>
              <dt>Email</dt>
              <dd><bdi>${one.orgEmail}</bdi></dd>
              <dt>If it fails</dt>
              <dd>${one.onFailure === 'pause' ? 'pause' : 'roll back'}</dd>
              <dt>Job</dt>
              <dd class="mono small">${one.id}</dd>
            </dl>
          </section>
          ${
            data.others.length === 0
              ? ''
              : html`<section>
                  <div class="section"><h2>Other runs</h2></div>
                  <ul class="plain-list">
                    ${data.others.map((other) => html`<li><a href="/clients/${other.clientId}?run=${other.id}">${exactMoment(new Date(other.createdAt), now)}</a> ${words(other.state)}</li>`)}
                  </ul>
                </section>`
          }
        </aside>
      </div>
      <section id="as-curl">
        <div class="section"><h2>The same as a program asks for it</h2></div>
        <pre class="mono">curl -H "Authorization: Bearer $PROVISIONER_KEY" ${one.links.self}</pre>
      </section>`,
  });
}

function facts(one: Provisioning, now: Date): Html {
  const begun = new Date(one.createdAt);
  const position = one.steps.findIndex(({ status }) => status === 'running' || status === 'waiting') + 1;
  const failed = one.steps.findIndex(({ status }) => status === 'failed') + 1;
  const where =
    one.status === 'running' && position > 0
      ? `step ${position} of ${one.steps.length}`
      : failed > 0 && one.failure !== null
        ? `at step ${failed}, ${words(one.failure.code)}`
        : undefined;
  const mine = one.resources.filter(({ origin }) => origin === 'created');
  const left = mine.filter((resource) => !isGone(resource)).length;
  const more =
    one.rollback.status === 'incomplete' || one.rollback.status === 'running'
      ? `${left} of ${mine.length} left`
      : undefined;
  return html`<dl class="status">
    <div>
      <dt>Status</dt>
      <dd>${sign(statusSigns[one.status], where)}</dd>
    </div>
    <div>
      <dt>Rollback</dt>
      <dd>${sign(rollbackSigns[one.rollback.status], more)}</dd>
    </div>
    <div>
      <dt>Begun</dt>
      <dd>${exactMoment(begun, now)}</dd>
    </div>
    ${
      one.finishedAt === null
        ? html`<div>
            <dt>For</dt>
            <dd>${since(begun, now)}</dd>
          </div>`
        : html`<div>
            <dt>Ended</dt>
            <dd>
              ${exactMoment(new Date(one.finishedAt), now)},
              ${duration(now.getTime() - Date.parse(one.finishedAt))} ago
            </dd>
          </div>`
    }
  </dl>`;
}

const labels = {
  cancel: 'Cancel and undo',
  resume: 'Resume',
  rollback: 'Roll back',
  offboard: 'Offboard',
  forget: 'Forget something',
} as const;

const actUrl = (one: Provisioning, action: string) => `/clients/${one.clientId}/${action}?run=${one.id}`;

/** What may be done now and is no answer to a problem: that stands in the block below. */
function headActions({ viewer }: PageContext, one: Provisioning): Content {
  if (one.needsAttention) return '';
  return one.allowedActions
    .filter(
      ({ action, roles }) =>
        (action === 'cancel' || action === 'offboard') && roles.some((role) => role === viewer.role),
    )
    .map(({ action }) => html`<a class="button" href="${actUrl(one, action)}">${labels[action]}</a>`);
}

function whatToDoNow(context: PageContext, one: Provisioning): Content {
  if (!one.needsAttention) return '';
  const { viewer } = context;
  const may = (action: string) =>
    one.allowedActions.some(
      (allowed) => allowed.action === action && allowed.roles.some((role) => role === viewer.role),
    );
  const left = one.resources.filter(({ origin, whatToDo }) => origin === 'created' && whatToDo !== undefined);
  const isPaused = one.status === 'paused';
  const retry = isPaused ? 'resume' : 'rollback';
  return html`<section class="block needed" aria-labelledby="to-do">
    <h2 id="to-do">What to do now</h2>
    ${isPaused ? html`<p>${one.failure?.message ?? ''}</p>` : html`<p>${left.length === 1 ? 'One thing is' : `${left.length} things are`} left: ${left.map(({ kind, name }, index) => html`${index === 0 ? '' : ', '}the ${nounOf(kind)} <b>${name}</b>`)}.</p>`}
    <ol class="todo">
      ${
        isPaused
          ? html`<li><p>${advice(one.failure?.whatToDo ?? '')}</p></li>`
          : left.map(
              (resource) =>
                html`<li>
                  <p>
                    ${resource.error === undefined ? '' : html`<span class="second">${resource.error}</span><br />`}${advice(resource.whatToDo ?? '')}
                  </p>
                  ${resource.url === null ? '' : html`<a class="button" href="${resource.url}" rel="noreferrer">Open it ↗</a>`}
                </li>`,
            )
      }
      <li>
        <p>
          ${isPaused ? 'Resume: the step is tried again, and the run goes on.' : 'Retry the rollback. It finds what is gone and deletes what is left.'}
        </p>
        ${may(retry) ? html`<a class="button filled" href="${actUrl(one, retry)}">${isPaused ? 'Resume' : 'Retry the rollback'}</a>` : html`<span class="meta">This needs an operator. You are ${viewer.role === undefined ? 'nobody here' : `a ${viewer.role}`}.</span>`}
      </li>
    </ol>
    <p class="second">
      Until then ${one.clientId} can’t be provisioned again.
      ${
        isPaused
          ? may('rollback')
            ? html`<a href="${actUrl(one, 'rollback')}">Roll back</a> undoes everything instead. `
            : ''
          : may('forget')
            ? html`If it must stay, <a href="${actUrl(one, 'forget')}">take it off the list</a>.`
            : 'If it must stay, an admin can take it off the list (Forget).'
      }
    </p>
  </section>`;
}

function waitBlock({ now }: PageContext, one: Provisioning): Content {
  const index = one.steps.findIndex(({ waiting }) => waiting !== null);
  const waiting = one.steps[index]?.waiting;
  if (one.done || waiting == null) return '';
  const isUndo = one.rollback.status !== 'none';
  const begun = new Date(waiting.since);
  const end = waiting.until === null ? undefined : new Date(waiting.until);
  const share =
    end === undefined
      ? 0
      : Math.min(1, (now.getTime() - begun.getTime()) / (end.getTime() - begun.getTime()));
  return html`<section class="block accent" aria-labelledby="wait">
    <h2 id="wait">
      ${glyph({ glyph: 'waiting', tone: 'accent' })} ${isUndo ? 'The undo of step' : 'Step'} ${index + 1}
      waits for ${waiting.for}
    </h2>
    <p class="second">
      No worker is held.
      ${waiting.nextLookAt === null ? 'It is looked at now.' : html`The next look is in ${until(new Date(waiting.nextLookAt), now)}.`}
      ${end === undefined ? 'It ends by itself.' : isUndo ? 'If it takes longer, the rollback says what is left.' : html`If it takes longer, the step fails with <span class="mono">not-ready-in-time</span>, and what was made is undone.`}
    </p>
    <p class="wait-bar">
      <span class="meta">since ${timeOfDay(begun)}</span
      ><svg width="100%" height="10" aria-hidden="true">
        <rect class="whole" width="100%" height="10" rx="5" />
        <rect class="part" width="${(share * 100).toFixed(1)}%" height="10" rx="5" /></svg
      ><span class="meta"
        >${end === undefined ? '' : html`until ${timeOfDay(end)}, ${until(end, now)} left`}</span
      >
    </p>
  </section>`;
}

function resources({ now }: PageContext, one: Provisioning): Content {
  if (one.resources.length === 0) return '';
  const mine = one.resources.filter(({ origin }) => origin === 'created');
  const gone = mine.filter(({ state }) => state === 'deleted').length;
  const foreign = one.resources.length - mine.length;
  const title =
    gone === 0 ? 'What exists' : gone === mine.length ? 'What is gone' : 'What is left, and what is gone';
  const order = ['delete-failed', 'unknown', 'deleting', 'intended', 'live', 'forgotten', 'deleted'];
  const sorted = one.resources.toSorted((a, b) => order.indexOf(a.state) - order.indexOf(b.state));
  return html`<section>
    <div class="section">
      <h2>${title}</h2>
      <span class="meta"
        >${gone === 0 ? `${mine.length} made, ${foreign} foreign` : `${mine.length - gone} left, ${gone} gone`}</span
      >
    </div>
    <table class="list">
      <thead>
        <tr>
          <th>State</th>
          <th>Resource</th>
          <th>Name at the provider</th>
          <th>Its id there</th>
          <th>Origin</th>
          <th>Proof</th>
        </tr>
      </thead>
      <tbody>
        ${sorted.map(
          (resource) =>
            html`<tr id="resource-${resource.id}">
              <td>${sign(resourceSign(resource.state, one.rollback.status))}</td>
              <td>${nounOf(resource.kind)}</td>
              <td>
                ${resource.url === null || resource.state === 'deleted' ? resource.name : html`<a href="${resource.url}" rel="noreferrer">${resource.name} ↗</a>`}
              </td>
              <td class="mono">${resource.externalId ?? '–'}</td>
              <td class="second origin">
                ${resource.origin === 'foreign' ? 'foreign, never touched' : 'created'}
              </td>
              <td class="second">${proof(resource, now)}</td>
            </tr>`,
        )}
      </tbody>
    </table>
  </section>`;
}

function proof(resource: Resource, now: Date): Content {
  if (resource.goneAt !== null) return html`seen gone ${moment(new Date(resource.goneAt), now)}`;
  if (resource.error !== undefined) return resource.error;
  if (resource.state === 'forgotten') return 'taken off the list by hand';
  return resource.externalId === null ? 'not known yet' : 'its id is known';
}

function whyItFailed({ viewer }: PageContext, one: Provisioning): Content {
  if (one.failure === null || one.status === 'paused') return '';
  return html`<section>
    <div class="section">
      <h2>Why it failed</h2>
      <span class="mono">${one.failure.code}</span>
    </div>
    <p class="prose second">${one.failure.message}</p>
    ${one.failure.providerText === undefined ? '' : html`<pre class="mono">${one.failure.providerText}</pre>`}
    <p class="prose">
      ${advice(one.failure.whatToDo)}
      ${viewer.may.preflight ? html`<a href="/preflight">Run the preflight</a>` : ''}
    </p>
  </section>`;
}

function results(one: Provisioning): Html {
  return html`<section>
    <div class="section"><h2>Result</h2></div>
    <dl class="pairs results">
      ${Object.entries(one.result).map(
        ([name, value]) =>
          html`<dt>${name}</dt>
            <dd class="mono">
              ${/^https:\/\/[^\s]+$/.test(value) ? html`<a href="${value}" rel="noreferrer">${value}</a>` : value}
            </dd>`,
      )}
    </dl>
  </section>`;
}

const shownAtOnce = 15;

/** The newest come first. */
function history({ steps, now }: PageContext, events: readonly HistoryEvent[]): Html {
  const lines = events.toReversed().flatMap((event) => {
    const line = historyLine(event, steps);
    return line === undefined ? [] : [{ ...line, at: new Date(event.at), sequence: event.sequence }];
  });
  const item = ({ text, by, reason, at, sequence }: (typeof lines)[number]) =>
    html`<li id="event-${sequence}">
      ${moment(at, now)}
      <span
        >${text}
        <span class="third">${by}</span
        >${reason === undefined ? '' : html`<br /><q class="second"><bdi>${reason}</bdi></q>`}</span
      >
    </li>`;
  const older = lines.slice(shownAtOnce);
  return html`<ol class="history" reversed>
      ${lines.slice(0, shownAtOnce).map(item)}
    </ol>
    ${
      older.length === 0
        ? ''
        : html`<details class="older">
            <summary class="meta">${older.length} older</summary>
            <ol class="history" reversed>
              ${older.map(item)}
            </ol>
          </details>`
    }`;
}

function callbacks({ viewer, now }: PageContext, one: Provisioning, items: readonly Callback[]): Html {
  if (items.length === 0)
    return html`<p class="second">None: nobody is told, or nothing has happened yet.</p>`;
  return html`<ul class="facts">
    ${items.map((item) => {
      const last = item.attempts.at(-1);
      const of = callbackSigns[item.state];
      return html`<li>
        <span class="name"
          >${glyph(of)}<span
            >${item.type.replace('provisioning.', '')}<span class="hidden">, ${of.word}</span></span
          ></span
        >
        <span class="meta"
          >${last === undefined ? 'not sent yet' : html`${last.status ?? last.error ?? 'no answer'}, ${moment(new Date(last.at), now)}`}
          ${viewer.may.operate && item.state !== 'pending' ? html`<form method="post" action="/clients/${one.clientId}/redeliver"><input type="hidden" name="run" value="${one.id}" /><input type="hidden" name="callback" value="${item.id}" /><button class="quiet">Send again</button></form>` : ''}</span
        >
      </li>`;
    })}
  </ul>`;
}
