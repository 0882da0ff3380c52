/** The pages around the dashboard. No script, so the strictest content policy fits. */

export function signInPage(error: '' | 'This key is not valid.' | 'This token has no role here.'): string {
  return page(
    'Sign in',
    `<form method="post" action="/admin/sign-in">
  <h1>client-provisioner: queues</h1>
  <!-- Password managers want to know whose key it is. -->
  <input name="user" value="admin" autocomplete="username" hidden>
  <label for="key">API key or token</label>
  <input id="key" name="key" type="password" autocomplete="current-password" required autofocus>
  <button>Sign in</button>
  <p>The server's ADMIN_API_KEY, a key made with "npm run keys", or a JWT of the configured issuer.</p>
  ${error === '' ? '' : `<p role="alert">${error}</p>`}
</form>`,
  );
}

export const signOutPage = page(
  'Sign out',
  `<form method="post" action="/admin/sign-out">
  <h1>client-provisioner: queues</h1>
  <button autofocus>Sign out</button>
</form>`,
);

function page(title: string, form: string): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · client-provisioner</title>
<link rel="icon" href="data:,">
<style>
  body { font: 16px/1.5 system-ui, sans-serif; background: #f4f5f7; color: #1c2430; display: grid; place-items: center; min-height: 100vh; margin: 0 }
  form { background: #fff; padding: 2rem; border-radius: 12px; box-shadow: 0 1px 4px #0002; width: min(22rem, 85vw) }
  h1 { font-size: 1.2rem; margin: 0 0 1rem }
  label { display: block; font-weight: 600; margin-bottom: .3rem }
  input, button { font: inherit; width: 100%; box-sizing: border-box; padding: .6rem .8rem; border-radius: 8px; border: 1px solid #b6bec9 }
  button { margin-top: 1rem; background: #1f4bd8; color: #fff; border: 0; font-weight: 600; cursor: pointer }
  p { margin: .6rem 0 0; font-size: .85rem; color: #5a6472 }
  [role="alert"] { font-size: 1rem; color: #a11 }
</style>
${form}
</html>
`;
}
