/** `/`: who is needed first; then how many clients there are, and how everything is. */
import type { PageContext, Provisioning, Summary } from '../data.ts';
import { html, type Content, type Html } from '../html.ts';
import { advice } from '../parts/advice.ts';
import { count, duration, timeOfDay } from '../parts/format.ts';
import { glyph, sign, type Sign } from '../parts/glyph.ts';
import { miniRail } from '../parts/mini-rail.ts';
import { providerName, stateSign, stateSigns } from '../parts/states.ts';
import { moment, since } from '../parts/times.ts';
import { whatIsKnown } from '../parts/what-is-known.ts';
import { layout } from './layout.ts';

export interface OverviewData {
  readonly summary: Summary;
  readonly running: readonly Provisioning[];
  readonly ended: readonly Provisioning[];
}

export function overviewPage(context: PageContext, data: OverviewData): Html {
  const { summary, running, ended } = data;
  const { counts, attention } = summary;
  return layout(context, {
    title: 'Overview',
    nav: 'Overview',
    looksEvery: 5,
    body: html`<div class="head">
        <div>
          <h1>${headline(attention.length)}</h1>
          <p class="second">${subline(attention.length, counts)}</p>
        </div>
        ${context.viewer.may.create ? html`<a class="button${attention.length === 0 ? ' filled' : ''}" href="/clients/new">New client</a>` : ''}
      </div>
      <div class="columns">
        <div>
          ${
            attention.length === 0
              ? ''
              : html`<ul class="needs">
                  ${attention.map((one, index) => need(one, index === 0, context))}
                </ul>`
          }
          <section>
            <div class="section">
              <h2>Running now</h2>
              <span class="meta live-mark">asked ${timeOfDay(context.now)}</span>
            </div>
            ${running.length === 0 ? html`<p class="second">Nothing is being made or undone.</p>` : runningTable(running, context)}
          </section>
          <section>
            <div class="section">
              <h2>Ended last</h2>
              <a class="meta" href="/clients">All clients</a>
            </div>
            ${ended.length === 0 ? html`<p class="second">Nothing has ended yet.</p>` : endedTable(ended, context)}
          </section>
        </div>
        <aside>
          <section>
            <div class="section">
              <h2>Clients</h2>
              <span class="meta">${counts.total}</span>
            </div>
            <ul class="facts">
              ${(
                [
                  ['attention', counts.attention],
                  ['in-progress', counts.inProgress],
                  ['live', counts.live],
                  ['failed', counts.failed],
                  ['offboarded', counts.offboarded],
                ] as const
              ).map(
                ([state, number]) =>
                  html`<li>
                    <a href="/clients?state=${state}"
                      >${glyph(stateSigns[state])}<span
                        class="${state === 'attention' && number > 0 ? 'needed' : ''}"
                        >${stateSigns[state].word}</span
                      ></a
                    ><b class="number">${number}</b>
                  </li>`,
              )}
            </ul>
          </section>
          ${health(summary, context)}
          <section>
            <div class="section"><h2>Orphans</h2></div>
            <p class="second">${orphans(summary, context)}</p>
          </section>
        </aside>
      </div>`,
  });
}

function headline(needing: number): string {
  return needing > 0 ? `${count(needing, 'thing needs', 'things need')} somebody` : 'Nobody is needed';
}

function subline(needing: number, { inProgress, live }: Summary['counts']): string {
  const running =
    inProgress === 0
      ? 'Nothing is being made or undone'
      : `${count(inProgress, 'client is', 'clients are')} being made or undone`;
  const about = `${running}, and ${live} ${live === 1 ? 'is' : 'are'} live.`;
  return needing > 0 ? `${about} Everything else goes on by itself.` : about;
}

function need(one: Summary['attention'][number], isFirst: boolean, { now }: PageContext): Html {
  const page = `/clients/${one.clientId}?run=${one.provisioningId}`;
  return html`<li>
    ${glyph({ glyph: one.headline.startsWith('Paused') ? 'paused' : 'incomplete', tone: 'needed' }, true)}
    <div>
      <p>
        <a class="plain" href="${page}"
          ><b><bdi>${one.clientName}</bdi></b></a
        >
        <span class="second">${one.headline}</span>
      </p>
      <p class="second">${one.reason}</p>
      <p>${advice(one.whatToDo)}</p>
    </div>
    <div class="act">
      <a
        class="button${isFirst ? ' filled' : ''}"
        href="${page}${one.kind === 'callbacks' ? '#callbacks' : ''}"
        >${one.kind === 'callbacks' ? 'See the callbacks' : one.headline.startsWith('Paused') ? 'Resume or roll back' : 'See what is left'}</a
      >
      <p class="meta">for ${since(new Date(one.since), now)}</p>
    </div>
  </li>`;
}

function runningTable(running: readonly Provisioning[], { now, steps }: PageContext): Html {
  return html`<table class="list">
    <thead>
      <tr>
        <th>Client</th>
        <th>Steps</th>
        <th>What it does</th>
        <th class="number">since</th>
        <th class="number">at the latest until</th>
      </tr>
    </thead>
    <tbody>
      ${running.map((one) => {
        const step = one.steps.find(({ status }) => status === 'running' || status === 'waiting');
        const begun = step?.waiting?.since ?? step?.startedAt ?? one.updatedAt;
        const end = step?.waiting?.until;
        return html`<tr>
          <td>
            <a class="plain" href="/clients/${one.clientId}"
              ><b><bdi>${one.clientName}</bdi></b></a
            ><br /><span class="meta">${one.clientId}</span>
          </td>
          <td>${miniRail(one)}</td>
          <td class="second">${whatIsKnown(one, steps)}</td>
          <td class="number">${since(new Date(begun), now)}</td>
          <td class="number">${end == null ? '–' : moment(new Date(end), now)}</td>
        </tr>`;
      })}
    </tbody>
  </table>`;
}

function endedTable(ended: readonly Provisioning[], { now, steps }: PageContext): Html {
  return html`<table class="list">
    <thead class="hidden">
      <tr>
        <th>Client</th>
        <th>State</th>
        <th>What is known</th>
        <th>Ended</th>
      </tr>
    </thead>
    <tbody>
      ${ended.map(
        (one) =>
          html`<tr>
            <td>
              <a class="plain" href="/clients/${one.clientId}"
                ><b><bdi>${one.clientName}</bdi></b></a
              >
            </td>
            <td>${sign(stateSign(one.state, one.status, one.rollback.status))}</td>
            <td class="second">${whatIsKnown(one, steps)}</td>
            <td class="number">${one.finishedAt === null ? '' : moment(new Date(one.finishedAt), now)}</td>
          </tr>`,
      )}
    </tbody>
  </table>`;
}

function health({ health: { ledger, queue, workers, providers } }: Summary, { now }: PageContext): Html {
  const good: Sign = { glyph: 'done', tone: 'good', word: '' };
  const bad: Sign = { glyph: 'incomplete', tone: 'needed', word: '' };
  const row = (isWell: boolean, name: string, text: Content, href?: string) =>
    html`<li>
      <span class="name"
        >${glyph(isWell ? good : bad)}${isWell ? name : html`<b class="needed">${name}</b>`}</span
      ><span class="meta">${href === undefined ? text : html`<a href="${href}">${text}</a>`}</span>
    </li>`;
  const versions = new Set(workers.map((worker) => worker.version ?? 'unknown version'));
  const asked = providers[0]?.at;
  return html`<section>
    <div class="section">
      <h2>Health</h2>
      <span class="meta">${timeOfDay(now)}</span>
    </div>
    <ul class="facts">
      ${row(true, 'Ledger', `answers in ${ledger.ms} ms`)}
      ${queue.ok ? row(true, 'Queue', `${count(queue.waiting + queue.active + queue.delayed, 'job')}, ${queue.kind === 'redis' ? 'in Redis' : 'in PostgreSQL'}`) : row(false, 'Queue', 'away: orders wait in the ledger')}
      ${workers.length > 0 ? row(true, 'Workers', `${workers.length}, v${[...versions].join(', v')}`) : row(false, 'Workers', 'none: start one')}
      ${providers.map((one) => row(one.ok, providerName(one.provider), one.ok ? `${one.checks} of ${one.checks} checks hold` : `${one.failing} of ${one.checks} checks fail`, one.ok ? undefined : '/preflight'))}
    </ul>
    <p class="meta">
      ${asked === undefined ? html`The providers were not asked yet. <a href="/preflight">Ask them</a>` : html`Providers were asked ${moment(new Date(asked), now)}. <a href="/preflight">Ask again</a>`}
    </p>
  </section>`;
}

function orphans({ health: { orphans: of } }: Summary, { now }: PageContext): Content {
  if (of.checkedAt === null) return 'No worker has looked yet.';
  const ago = duration(now.getTime() - Date.parse(of.checkedAt));
  if (of.count === 0 && of.errors > 0)
    return html`<a href="/orphans">${count(of.errors, 'kind')}</a> could not be looked through ${ago} ago.`;
  return of.count === 0
    ? `None. All providers were looked through ${ago} ago.`
    : html`<a href="/orphans">${count(of.count, 'thing')} that nothing owns</a>, seen ${ago} ago.`;
}
