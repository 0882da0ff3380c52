/** `/clients/new`: the form, and beside it the plan before anything is sent. */
import { tiers } from '../../provisioning.ts';
import type { PageContext, Plan } from '../data.ts';
import { html, type Content, type Html } from '../html.ts';
import { checksTable } from '../parts/checks.ts';
import { timeOfDay } from '../parts/format.ts';
import { sign } from '../parts/glyph.ts';
import { layout } from './layout.ts';

/** The form as it was sent, as text. */
export interface NewClientForm {
  readonly clientId: string;
  readonly clientName: string;
  readonly orgEmail: string;
  readonly tier: string;
  readonly onFailure: string;
  readonly callbackUrl: string;
}

export const emptyForm: NewClientForm = {
  clientId: '',
  clientName: '',
  orgEmail: '',
  tier: 'starter',
  onFailure: 'rollback',
  callbackUrl: '',
};

export interface NewClientData {
  readonly form: NewClientForm;
  /** What is wrong with each field. */
  readonly errors: Readonly<Record<string, string>>;
  /** What is wrong besides. */
  readonly problem: Content | undefined;
  readonly plan: Plan | undefined;
  /** The same form sent twice makes one client. */
  readonly key: string;
}

export function newClientPage(context: PageContext, data: NewClientData): Html {
  const { form, errors, problem, plan, key } = data;
  const hasErrors = problem !== undefined || Object.keys(errors).length > 0;
  const field = (name: keyof NewClientForm, label: Content, attributes: Html, help?: string) => {
    const error = errors[name];
    const about = [
      ...(error === undefined ? [] : [`${name}-error`]),
      ...(help === undefined ? [] : [`${name}-help`]),
    ].join(' ');
    return html`<p class="field">
      <label for="${name}">${label}</label
      ><input
        id="${name}"
        name="${name}"
        value="${form[name]}"
        ${attributes}
        autocomplete="off"
        ${about === '' ? '' : html` aria-describedby="${about}"`}${error === undefined ? '' : html` aria-invalid="true"`}
      />
      ${error === undefined ? '' : html`<span class="error" id="${name}-error">${error}</span>`}${help === undefined ? '' : html`<span class="meta" id="${name}-help">${help}</span>`}
    </p>`;
  };
  const option = (name: 'tier' | 'onFailure', value: string, label: string) =>
    html`<label
      ><input
        type="radio"
        name="${name}"
        value="${value}"
        ${form[name] === value ? html` checked` : ''}
      /><span>${label}</span></label
    >`;
  return layout(context, {
    title: 'New client',
    nav: 'Clients',
    body: html`<div class="head">
        <div>
          <h1>New client</h1>
          <p class="second">First the plan, then the run. Until you provision, providers are only read.</p>
        </div>
      </div>
      ${hasErrors ? html`<div class="summary" role="alert" tabindex="-1" autofocus><b>Nothing was sent.</b> ${problem ?? ''} ${Object.entries(errors).map(([name, error]) => html`<a href="#${name}">${error}</a> `)}</div>` : ''}
      <div class="columns form">
        <form method="post" action="/clients/new" novalidate>
          <input type="hidden" name="key" value="${key}" />
          ${field('clientId', 'Client id', html`maxlength="50" spellcheck="false"`, 'a–z, 0–9 and hyphens. All names are made from it.')}
          ${field('clientName', 'Client name', html`maxlength="100"`)}
          ${field('orgEmail', 'Email of the organization', html`type="email" maxlength="254"`)}
          <fieldset class="segments">
            <legend>Tier</legend>
            <div>${tiers.map((tier) => option('tier', tier, tier))}</div>
          </fieldset>
          <fieldset class="radios">
            <legend>If a step fails for good</legend>
            ${option('onFailure', 'rollback', 'Undo everything')}${option('onFailure', 'pause', 'Pause, and let somebody decide')}
          </fieldset>
          ${field('callbackUrl', html`Callback URL <span class="third">optional</span>`, html`type="url" maxlength="2000" placeholder="https://"`)}
          <p class="buttons">${buttons(plan, context.viewer.may.create)}</p>
          ${plan !== undefined && !plan.ok ? html`<p class="meta">As planned something stands in the way. What was made until it fails is deleted again.</p>` : ''}
        </form>
        <div>
          ${plan === undefined ? html`<p class="second empty">Ask for the plan: which names are taken at the providers, what exists already, and which checks fail.</p>` : planned(context, plan)}
        </div>
      </div>`,
  });
}

function buttons(plan: Plan | undefined, mayCreate: boolean): Content {
  const isReady = plan?.ok === true && mayCreate;
  const again = html`<button class="${isReady ? '' : 'filled'}" name="do" value="plan">
    ${plan === undefined ? 'Plan' : 'Plan again'}
  </button>`;
  if (!mayCreate || plan?.clientIsFree === false) return again;
  if (isReady) return html`<button class="filled" name="do" value="provision">Provision</button> ${again}`;
  return html`${again}
    <button name="do" value="provision">${plan === undefined ? 'Provision' : 'Provision anyway'}</button>`;
}

function planned({ now, steps }: PageContext, plan: Plan): Html {
  const free = { glyph: 'done', tone: 'good', word: 'Name is free' } as const;
  const taken = { glyph: 'failed', tone: 'failed', word: 'Name is taken' } as const;
  const unknown = { glyph: 'waiting', tone: 'quiet', word: 'Not known' } as const;
  return html`<section>
      <div class="section">
        <h2>The plan</h2>
        <span class="meta"
          >${plan.clientIsFree ? `${plan.clientId} is free.` : html`<a href="/clients/${plan.clientId}">${plan.clientId}</a> is ${plan.takenBy?.code === 'client-exists' ? 'provisioned already' : 'being worked on'}.`}
          Asked at ${timeOfDay(now)}</span
        >
      </div>
      <table class="list plan">
        <thead class="hidden">
          <tr>
            <th>Step</th>
            <th>What</th>
            <th>Name</th>
            <th>State</th>
          </tr>
        </thead>
        <tbody>
          ${plan.steps.map((step, index) => {
            const made = plan.resources.filter((resource) => resource.step === step);
            const title = steps.find(({ name }) => name === step)?.title ?? step;
            const schema = plan.preflight.checks.find(({ provider }) => provider === 'schema');
            const exists = made.flatMap(({ existing }) => existing ?? []);
            const state =
              made.length === 0
                ? schema === undefined || schema.ok
                  ? ({ glyph: 'done', tone: 'good', word: 'Ready' } as const)
                  : ({ glyph: 'failed', tone: 'failed', word: 'Fails' } as const)
                : exists.length > 0
                  ? taken
                  : made.some(({ existing }) => existing === null)
                    ? unknown
                    : free;
            return html`<tr>
              <td class="third">${index + 1}</td>
              <td>${title}</td>
              <td>
                ${made.length === 0 ? html`<span class="second">${schema?.detail ?? ''}</span>` : made.map(({ name }) => html`<span>${name}</span> `)}
                ${exists.map(({ name, url, externalId }) => html`<br /><span class="second">Exists: ${url === null ? name : html`<a href="${url}" rel="noreferrer">${name} ↗</a>`}, id <span class="mono">${externalId}</span>. It is not ours, so it is never touched.</span><br />Rename or delete it yourself, or choose another client id.`)}
              </td>
              <td class="end">${sign(state)}</td>
            </tr>`;
          })}
        </tbody>
      </table>
    </section>
    ${checksTable(plan.preflight.checks)}`;
}
