/** The pages without a frame of their own: sign-in, and what says that there is nothing, or that it may not be. */
import type { PageContext } from '../data.ts';
import { html, type Content, type Html } from '../html.ts';
import { layout } from './layout.ts';

/** For somebody who is signed in. */
export function messagePage(context: PageContext, title: string, text: Content): Html {
  return layout(context, {
    title,
    nav: undefined,
    body: html`<div class="head"><h1>${title}</h1></div>
      <p class="prose">${text}</p>
      <p class="buttons"><a class="button" href="/">Overview</a></p>`,
  });
}

export interface SignInData {
  readonly error: string | undefined;
  /** Where to go then: a path of ours. */
  readonly next: string;
  readonly takesJwt: boolean;
}

export function signInPage({ error, next, takesJwt }: SignInData): Html {
  return bare(
    'Sign in',
    html`<form method="post" action="/admin/sign-in" class="sign-in">
      <h1>Sign in</h1>
      ${error === undefined ? '' : html`<p class="summary" role="alert">${error}</p>`}
      <input name="user" value="console" autocomplete="username" hidden /><input
        type="hidden"
        name="next"
        value="${next}"
      />
      <p class="field">
        <label for="key">API key${takesJwt ? ' or token' : ''}</label
        ><input
          id="key"
          name="key"
          type="password"
          autocomplete="current-password"
          required
          autofocus
          aria-describedby="key-help"
        /><span class="meta" id="key-help"
          >A key that was made with <span class="mono">npm run keys</span>, or the server’s
          ADMIN_API_KEY${takesJwt ? '; or a token (JWT) of your issuer' : ''}.</span
        >
      </p>
      <p class="buttons"><button class="filled">Sign in</button></p>
    </form>`,
  );
}

/** Without a script a session is ended from here. */
export function signOutPage(): Html {
  return bare(
    'Sign out',
    html`<form method="post" action="/admin/sign-out" class="sign-in">
      <h1>Sign out</h1>
      <p class="buttons"><button class="filled" autofocus>Sign out</button></p>
    </form>`,
  );
}

/** For somebody who is not signed in, or while the ledger is away. */
export function bare(title: string, body: Content): Html {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${title} · client-provisioner</title>
        <link rel="icon" href="/console/icon.svg" type="image/svg+xml" />
        <link rel="stylesheet" href="/console/console.css" />
      </head>
      <body>
        <header class="top">
          <div class="width">
            <a class="brand" href="/"
              ><img src="/console/icon.svg" width="20" height="20" alt="" /><span>client-provisioner</span></a
            >
          </div>
        </header>
        <main id="main" class="width">${body}</main>
      </body>
    </html>`;
}
