/** The frame of every page: header, navigation, main part, footer. */
import type { PageContext, Viewer } from '../data.ts';
import { html, type Content, type Html } from '../html.ts';
import { version } from '../../version.ts';
import { fullDay } from '../parts/format.ts';
import { glyph } from '../parts/glyph.ts';
import { nameOf } from '../parts/name-of.ts';
import { hatching } from '../parts/timeline-chart.ts';

export type NavName = 'Overview' | 'Clients' | 'Callbacks' | 'Preflight' | 'Orphans' | 'Keys' | 'Activity';

const links: readonly {
  readonly name: NavName;
  readonly href: string;
  readonly needs?: keyof Viewer['may'];
}[] = [
  { name: 'Overview', href: '/' },
  { name: 'Clients', href: '/clients' },
  { name: 'Callbacks', href: '/callbacks' },
  { name: 'Preflight', href: '/preflight', needs: 'preflight' },
  { name: 'Orphans', href: '/orphans' },
  { name: 'Keys', href: '/keys', needs: 'administer' },
  { name: 'Activity', href: '/activity', needs: 'operate' },
];

export interface Page {
  readonly title: string;
  readonly nav: NavName | undefined;
  readonly body: Content;
  /** Where changes of what is shown are told of as they come. */
  readonly liveFrom?: string;
  /** How often the page looks whether something has changed, in seconds. */
  readonly looksEvery?: number;
}

export function layout(context: PageContext, page: Page): Html {
  const { viewer, needing } = context;
  const isLive = page.liveFrom !== undefined || page.looksEvery !== undefined;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${needing !== undefined && needing > 0 ? `(${needing}) ` : ''}${page.title} · client-provisioner</title>
<link rel="icon" href="/console/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/console/console.css">
<script type="module" src="/console/console.js"></script>
${isLive ? html`<noscript><meta http-equiv="refresh" content="10" /></noscript>` : ''}
</head>
<body${page.liveFrom === undefined ? '' : html` data-live-from="${page.liveFrom}"`}${page.looksEvery === undefined ? '' : html` data-looks-every="${page.looksEvery}"`}>
<a class="skip" href="#main">Skip to the content</a>
<header class="top"><div class="width">
  <a class="brand" href="/"><img src="/console/icon.svg" width="20" height="20" alt=""><span>client-provisioner</span></a>
  <details class="menu" open><summary>${needing !== undefined && needing > 0 ? html`<span class="needed">${glyph({ glyph: 'incomplete', tone: 'needed' })} ${needing}</span> ` : ''}Menu</summary>
  <nav aria-label="Pages"><ul>${links
    .filter(({ needs }) => needs === undefined || viewer.may[needs])
    .map(
      ({ name, href }) =>
        html`<li>
          <a href="${href}" ${name === page.nav ? html` aria-current="page"` : ''}
            >${name}${name === 'Overview' && needing !== undefined && needing > 0 ? html` <span class="needed count">${glyph({ glyph: 'incomplete', tone: 'needed' })}<b>${needing}</b><span class="hidden"> need somebody</span></span>` : ''}</a
          >
        </li>`,
    )}</ul></nav></details>
  <form class="find" action="/clients" role="search" aria-label="Find a client"><label class="hidden" for="find">Find a client</label>
    <input id="find" name="q" type="search" placeholder="Find a client" maxlength="100" autocomplete="off"><kbd aria-hidden="true">/</kbd></form>
  <form class="who" method="post" action="/admin/sign-out"><span>${nameOf(viewer.by)} · ${viewer.role ?? 'no role'}</span> <button class="quiet">Sign out</button></form>
</div></header>
<main id="main" class="width" tabindex="-1">${page.body}</main>
<footer class="width meta"><span>Times are UTC, ${fullDay(context.now)}</span><span title="${version.commit ?? ''}">v${version.package}</span><a href="/docs">API reference</a><a href="/admin/queues">Queue dashboard</a><button class="quiet" data-keys hidden>Keys: press <kbd>?</kbd></button></footer>
<p class="hidden" aria-live="polite" id="news"></p>
${hatching}
</body>
</html>`;
}
