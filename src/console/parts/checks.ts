/** The checks of a preflight: those that fail first, each with its remedy. */
import type { Preflight } from '../data.ts';
import { html, type Html } from '../html.ts';
import { sign } from './glyph.ts';
import { providerName } from './states.ts';

type Check = Preflight['checks'][number];

export function checksTable(checks: readonly Check[]): Html {
  const failing = checks.filter(({ ok }) => !ok);
  const holding = checks.filter(({ ok }) => ok);
  const row = ({ ok, provider, name, detail, fix }: Check) =>
    html`<tr>
      <td>
        ${sign(
          ok
            ? { glyph: 'done', tone: 'good', word: 'Holds' }
            : { glyph: 'failed', tone: 'failed', word: 'Fails' },
        )}
      </td>
      <td>${providerName(provider)} <span class="second">${name}</span></td>
      <td><span class="second">${detail}</span>${ok || fix === null ? '' : html`<br />${fix}`}</td>
    </tr>`;
  return html`<section><div class="section"><h2>Checks</h2><span class="meta">${failing.length} fail, ${holding.length} hold</span></div>
    <table class="list checks"><thead class="hidden"><tr><th>State</th><th>Check</th><th>What was seen</th></tr></thead><tbody>${failing.map(row)}</tbody></table>
    <details${failing.length === 0 ? html` open` : ''}><summary>${sign({ glyph: 'done', tone: 'good', word: `${holding.length} hold` })} <span class="second">show each</span></summary>
    <table class="list checks"><thead class="hidden"><tr><th>State</th><th>Check</th><th>What was seen</th></tr></thead><tbody>${holding.map(row)}</tbody></table></details></section>`;
}
