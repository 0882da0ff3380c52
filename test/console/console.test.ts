/** The console as people use it: in a browser, on the real stack. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { mkdir } from 'node:fs/promises';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { isWithoutBrowser, launchBrowser } from '../helpers/chromium.ts';
import { newClientId, startStack, type Stack } from '../helpers/stack.ts';
import { until } from '../helpers/until.ts';
import { makeKey } from '../server/support.ts';

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Keeps a picture for the documentation, when asked to: UPDATE_SCREENSHOTS=1 npx vitest run --project integration … */
async function keepPicture(page: Page, name: string): Promise<void> {
  if (process.env['UPDATE_SCREENSHOTS'] !== '1') return;
  const folder = new URL('../../docs/images/', import.meta.url);
  await mkdir(folder, { recursive: true });
  await page.screenshot({ path: new URL(name, folder).pathname, animations: 'disabled', fullPage: true });
}

describe.skipIf(isWithoutBrowser)('the console', () => {
  let stack: Stack;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let mishaps: string[];

  beforeAll(async () => {
    browser = await launchBrowser();
    stack = await startStack({ backend: 'redis' });
  });
  afterAll(async () => {
    await browser?.close();
    await stack?.stop();
  });

  async function open(options: Parameters<Browser['newContext']>[0] = {}): Promise<void> {
    context = await browser.newContext({
      viewport: { width: 1280, height: 900 },
      locale: 'en-US',
      timezoneId: 'UTC',
      ...options,
    });
    mishaps = [];
    context.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) mishaps.push(message.text());
    });
    context.on('weberror', (error) => void mishaps.push(String(error.error())));
    page = await context.newPage();
    page.setDefaultTimeout(20_000);
  }
  beforeEach(() => open());
  afterEach(async () => {
    stack.sandbox.control.reset();
    await context?.close();
  });

  const adminKey = () => stack.environment['ADMIN_API_KEY'] ?? '';
  const url = (path: string) => `${stack.server.url}${path}`;
  const headline = () => page.getByRole('heading', { level: 1 });

  async function signIn(path = '/', key = adminKey()): Promise<void> {
    await page.goto(url(path));
    await page.getByLabel(/^API key/).fill(key);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await headline().waitFor();
  }

  /** Provisions one that ends so, and returns its client id. */
  async function provisioned(fields: Record<string, unknown> = {}): Promise<string> {
    const clientId = newClientId();
    const { id } = await stack.provision({ clientId, ...fields });
    await stack.waitUntilDone(id);
    return clientId;
  }

  /** One whose rollback has left its repository. */
  async function withLeftover(): Promise<string> {
    const { control } = stack.sandbox;
    control.setDeploymentOutcome('ERROR');
    control.refuseDelete('github.repository', true);
    return provisioned();
  }

  /** One that is paused at its deployment. */
  async function paused(): Promise<string> {
    stack.sandbox.control.setDeploymentOutcome('ERROR');
    const clientId = newClientId();
    const { id } = await stack.provision({ clientId, onFailure: 'pause' });
    await until(async () => (await stack.show(id)).status === 'paused' || undefined, 'it to be paused');
    return clientId;
  }

  const objectsOf = (clientId: string) =>
    stack.sandbox.control.objects().filter(({ name }) => name.includes(clientId));
  const rail = (lane: 'run' | 'undo') => page.locator(`.lane.${lane}`);

  test('who is not signed in is led to the sign-in, and back to where they wanted to go', async () => {
    await page.goto(url('/clients?state=live'));
    expect(new URL(page.url()).pathname).toBe('/admin/sign-in');

    await page.getByLabel(/^API key/).fill('wrong');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('alert').getByText('This key is not valid.').waitFor();
    await page.getByLabel(/^API key/).fill(adminKey());
    await page.keyboard.press('Enter');

    await page.getByRole('heading', { name: 'Clients', level: 1 }).waitFor();
    expect(new URL(page.url()).search).toBe('?state=live');
  });

  test('a sign-in leads to no other site, whatever a link says', async () => {
    await page.goto(url(`/admin/sign-in?next=${encodeURIComponent('//evil.example/')}`));
    await page.getByLabel(/^API key/).fill(adminKey());
    await page.getByRole('button', { name: 'Sign in' }).click();

    await headline().waitFor();
    expect(page.url()).toBe(url('/'));
  });

  test('a whole run, from the form to a client that is live', async () => {
    const clientId = newClientId();
    await signIn('/clients/new');
    await page.getByLabel('Client id').fill(clientId);
    await page.getByLabel('Client name').fill('Harbour Tea');
    await page.getByLabel('Email of the organization').fill('ops@harbour.example');
    await page.getByRole('button', { name: 'Plan', exact: true }).click();
    await page.getByRole('heading', { name: 'The plan' }).waitFor();
    await page.getByText(`client-${clientId}-prod`).first().waitFor();
    expect(await page.getByText('Name is free').count()).toBe(4);
    expect(objectsOf(clientId)).toEqual([]);

    await page.getByRole('button', { name: 'Provision', exact: true }).click();
    await page.getByRole('heading', { name: 'Harbour Tea', level: 1 }).waitFor();

    // Nobody loads the page again: it follows by itself.
    await page.locator('.status').getByText('Succeeded').waitFor();
    expect(await rail('run').locator('.passed').count()).toBe(5);
    await page.getByRole('heading', { name: 'Result' }).waitFor();
    expect(mishaps).toEqual([]);
  });

  test('what is wrong in the form is said beside its field, and nothing was sent', async () => {
    await signIn('/clients/new');
    await page.getByLabel('Client id').fill('Acme Ltd');
    await page.getByLabel('Email of the organization').fill('nobody');
    await page.getByRole('button', { name: 'Provision', exact: true }).click();

    await page.getByRole('alert').getByText('Nothing was sent.').waitFor();
    await page.locator('#clientId-error').getByText('must be lower-case letters and digits').waitFor();
    await page.locator('#orgEmail-error').getByText('must be an email address').waitFor();
    expect(await page.getByLabel('Client id').inputValue()).toBe('Acme Ltd');
    expect(await page.getByLabel('Client id').getAttribute('aria-invalid')).toBe('true');
  });

  test('a form that is sent twice makes one client', async () => {
    const clientId = newClientId();
    await signIn('/clients/new');
    const key = await page.locator('input[name=key]').inputValue();
    const form = {
      key,
      clientId,
      clientName: 'Twice',
      orgEmail: 'ops@twice.example',
      tier: 'starter',
      onFailure: 'rollback',
      callbackUrl: '',
      do: 'provision',
    };
    const sent = await Promise.all(
      [1, 2].map(() => page.request.post(url('/clients/new'), { form, maxRedirects: 0 })),
    );

    expect(sent.map((answer) => answer.status()).every((status) => status === 303 || status === 409)).toBe(
      true,
    );
    const { rows } = await stack.pool.query('select id from ledger.provisionings where client_id = $1', [
      clientId,
    ]);
    expect(rows).toHaveLength(1);
  });

  test('a failure is watched live, with the undo of everything under it', async () => {
    stack.sandbox.control.setDeploymentOutcome('ERROR');
    const clientId = newClientId();
    await stack.provision({ clientId, clientName: 'Tessera Dental' });
    await signIn(`/clients/${clientId}`);

    await page.locator('.status').getByText('Completed').waitFor();
    await rail('run').getByText('Failed', { exact: true }).waitFor();
    expect(await rail('undo').getByText('Undone').count()).toBe(3);
    await rail('undo').getByText('gone with the project').waitFor();
    await rail('undo').getByText('nothing was made').waitFor();
    await page.getByRole('heading', { name: 'Why it failed' }).waitFor();
    await page.getByRole('heading', { name: 'What is gone' }).waitFor();
    expect(await page.getByText(/^seen gone/).count()).toBe(3);
    expect(await page.getByRole('heading', { name: 'Result' }).count()).toBe(0);
    expect(mishaps).toEqual([]);
  });

  test('a run is cancelled in the middle, and everything is undone', async () => {
    stack.sandbox.control.setDeploymentOutcome('BUILDING');
    const clientId = newClientId();
    await stack.provision({ clientId });
    await signIn(`/clients/${clientId}`);
    await page.getByText('waits for the deployment to be ready').first().waitFor();

    await page.getByRole('link', { name: 'Cancel and undo' }).click();
    await page.getByRole('heading', { name: 'Will be deleted' }).waitFor();
    expect(await page.locator('.doomed tr').count()).toBe(4);
    await page.getByLabel('Reason').fill('The wrong client');
    await page.getByRole('button', { name: 'Cancel and undo' }).click();

    await page.locator('.status').getByText('Cancelled').waitFor();
    await page.locator('.status').getByText('Completed').waitFor();
    expect((await page.locator('.history').allTextContents()).join(' ')).toContain('The wrong client');
    expect(objectsOf(clientId)).toEqual([]);
  });

  test('an incomplete rollback says what is left and what to do, and is resolved from the overview', async () => {
    const clientId = await withLeftover();
    await signIn('/');
    await page.getByRole('heading', { name: /needs? somebody$/ }).waitFor();
    const need = page.locator('.needs li', { has: page.locator(`a[href="/clients/${clientId}"]`) });
    await need.getByText('Rollback incomplete, 1 of 3 left').waitFor();
    await need.getByRole('link', { name: 'See what is left' }).click();

    await page.getByText(`One thing is left: the GitHub repository client-${clientId}-app.`).waitFor();
    await page.getByText('the token may not delete repositories').first().waitFor();
    await rail('undo').getByText('Undo failed').waitFor();
    stack.sandbox.control.refuseDelete('github.repository', false);
    await page.getByRole('link', { name: 'Retry the rollback' }).click();
    await page.getByRole('button', { name: 'Retry the rollback' }).click();

    await page.locator('.status').getByText('Completed').waitFor();
    expect(objectsOf(clientId)).toEqual([]);
  });

  test('a paused run is resumed once its cause is mended', async () => {
    const clientId = await paused();
    await signIn(`/clients/${clientId}`);
    await page.getByRole('heading', { name: 'What to do now' }).waitFor();
    stack.sandbox.control.setDeploymentOutcome('READY');

    await page.getByRole('link', { name: 'Resume', exact: true }).click();
    await page.getByRole('button', { name: 'Resume', exact: true }).click();

    await page.locator('.status').getByText('Succeeded').waitFor();
  });

  test('what must stay is taken off the list, and the client id is free', async () => {
    const clientId = await withLeftover();
    await signIn(`/clients/${clientId}`);
    await page.getByRole('link', { name: 'take it off the list' }).click();
    await page.getByLabel(/^Reason/).fill('It is kept for the archive');
    await page.getByLabel(`Type ${clientId} to confirm`).fill(clientId);
    await page.getByRole('button', { name: 'Take it off the list' }).click();

    await page.locator('.status').getByText('Completed').waitFor();
    await page.getByText('Forgotten').first().waitFor();
    expect(objectsOf(clientId)).toHaveLength(1);
  });

  test('offboarding names what goes, wants the client id typed, and deletes all of it', async () => {
    const clientId = await provisioned({ clientName: 'Juniper Yoga' });
    const before = objectsOf(clientId);
    await signIn(`/clients/${clientId}`);
    await page.getByRole('link', { name: 'Offboard' }).click();
    expect(await page.locator('.doomed td:nth-child(2)').allTextContents()).toEqual([
      'n8n workflow',
      'Vercel project',
      'GitHub repository',
      'Supabase project',
    ]);
    await page.getByLabel(`Type ${clientId} to confirm`).fill('acm');
    await page.getByRole('button', { name: 'Delete all 4' }).click();
    await page.getByRole('alert').getByText('That was “acm”.').waitFor();
    expect(objectsOf(clientId)).toEqual(before);

    await page.getByLabel(`Type ${clientId} to confirm`).fill(clientId);
    await page.getByRole('button', { name: 'Delete all 4' }).click();

    await page.locator('.status').getByText('Completed').waitFor();
    expect(objectsOf(clientId)).toEqual([]);
    await page.goto(url('/clients?state=offboarded'));
    await page.getByRole('link', { name: 'Juniper Yoga' }).first().waitFor();
  });

  test.each([
    ['viewer', { create: false, operate: false, administer: false }],
    ['provisioner', { create: true, operate: false, administer: false }],
    ['operator', { create: false, operate: true, administer: false }],
  ] as const)('a %s sees and does what the role may, and is told why not', async (role, may) => {
    const clientId = await paused();
    stack.sandbox.control.setDeploymentOutcome('READY');
    const live = await provisioned();
    await signIn('/', (await makeKey(stack, role)).token);

    expect(await page.getByRole('link', { name: 'New client' }).count()).toBe(may.create ? 1 : 0);
    expect(await page.getByRole('link', { name: 'Keys', exact: true }).count()).toBe(may.administer ? 1 : 0);
    await page.goto(url(`/clients/${clientId}`));
    expect(await page.getByRole('link', { name: 'Resume', exact: true }).count()).toBe(may.operate ? 1 : 0);
    if (!may.operate) await page.getByText(`This needs an operator. You are a ${role}.`).waitFor();
    // Not by a link that somebody else has sent, either.
    await page.goto(url(`/clients/${live}/offboard`));
    await page.getByText(`This needs admin. You are ${role}.`).waitFor();
    const sent = await page.request.post(url(`/clients/${live}/offboard`), {
      form: { confirm: live },
      maxRedirects: 0,
    });
    expect(sent.status()).toBe(403);
    expect((await page.goto(url('/keys')))?.status()).toBe(403);
    await page.getByText('This needs the role admin').waitFor();
  });

  test('after a sign-out nothing opens, not even with a copy of the cookie', async () => {
    await signIn();
    const cookies = await context.cookies();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();

    await context.addCookies(cookies);
    await page.goto(url('/clients'));
    expect(new URL(page.url()).pathname).toBe('/admin/sign-in');
  });

  test('another site cannot have a form sent in a visitor’s name', async () => {
    const clientId = await provisioned();
    const before = objectsOf(clientId);
    await signIn();
    const sent = await page.request.post(url(`/clients/${clientId}/offboard`), {
      form: { confirm: clientId },
      headers: { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' },
      maxRedirects: 0,
    });

    expect(sent.status()).toBe(403);
    expect(objectsOf(clientId)).toEqual(before);
  });

  test('without script one reads, acts, and sees what becomes of it', async () => {
    await context.close();
    await open({ javaScriptEnabled: false });
    const clientId = await paused();
    await signIn(`/clients/${clientId}`);
    stack.sandbox.control.setDeploymentOutcome('READY');
    await page.getByRole('link', { name: 'Resume', exact: true }).click();
    await page.getByRole('button', { name: 'Resume', exact: true }).click();

    expect(await page.locator('noscript meta[http-equiv=refresh]').count()).toBe(1);
    await until(async () => {
      await page.reload();
      return (await page.locator('.status').getByText('Succeeded').count()) > 0 || undefined;
    }, 'it to succeed');
  });

  test('a name of a hundred characters of markup and marks of direction is text, and breaks no page', async () => {
    const name = `<script>alert(1)</script> & "quotes" ${'Ω'.repeat(40)} \u05d0\u05d1\u05d2`.padEnd(100, 'x');
    const clientId = await provisioned({ clientName: name });
    await signIn(`/clients/${clientId}`);

    expect(await headline().textContent()).toBe(name);
    for (const path of ['/', '/clients', `/clients/${clientId}/offboard`]) {
      await page.goto(url(path));
      await page.getByText('<script>alert(1)</script>').first().waitFor();
      expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
    }
    expect(mishaps).toEqual([]);
  });

  test('ten thousand clients stay fast, are found by part of their name, and paged through', async () => {
    await stack.pool.query(
      `insert into ledger.provisionings (id, client_id, client_name, org_email, tier, on_failure, step_names, status, finished_at)
       select gen_random_uuid(), 'many-' || n, 'Many ' || n, 'a@b.example', 'starter', 'rollback', $1, 'succeeded', clock_timestamp()
       from generate_series(1, 10000) n`,
      [['supabase-project']],
    );
    await signIn('/clients');
    const begun = performance.now();
    await page.goto(url('/clients?state=live'));
    expect(performance.now() - begun).toBeLessThan(3000);
    expect(await page.locator('tbody tr').count()).toBe(50);

    await page.getByLabel('Name or client id contains').fill('any 9999');
    await page.keyboard.press('Enter');
    await page.getByRole('link', { name: 'Many 9999' }).waitFor();
    expect(await page.locator('tbody tr').count()).toBe(1);

    await page.goto(url('/clients?state=live&q=Many'));
    const first = await page.locator('tbody a').first().textContent();
    await page.getByRole('link', { name: 'Older' }).click();
    await page.waitForURL(/cursor=/);
    expect(await page.locator('tbody a').first().textContent()).not.toBe(first);
    await stack.pool.query(`delete from ledger.provisionings where client_id like 'many-%'`);
  });

  test('by keyboard one finds, moves, opens, and learns the keys', async () => {
    await provisioned({ clientName: 'Keyboard One' });
    await signIn('/clients');
    await page.getByRole('button', { name: /^Keys/ }).waitFor();
    await page.keyboard.press('j');
    expect(await page.evaluate('document.activeElement.closest("tr").classList.contains("at")')).toBe(true);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Keyboard One', level: 1 }).waitFor();

    // The script is there.
    await page.getByRole('button', { name: /^Keys/ }).waitFor();
    await page.keyboard.press('?');
    await page.getByRole('dialog').getByText('finds a client').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
    await page.keyboard.press('/');
    await page.keyboard.type('keyboard');
    await page.keyboard.press('Enter');
    await page.getByRole('link', { name: 'Keyboard One' }).first().waitFor();
  });

  test('callbacks that were given up are sent again, many at once', async () => {
    const { control, urls } = stack.sandbox;
    control.setReceiver('console', { status: 400 });
    const clientId = await provisioned({
      callbackUrl: `${urls.control}/receiver/console`,
      clientName: 'Marlow & Finch',
    });
    await stack.pool.query(
      `update ledger.callbacks set state = 'failed' where provisioning_id in (select id from ledger.provisionings where client_id = $1)`,
      [clientId],
    );
    control.setReceiver('console', { status: 200 });
    await signIn('/callbacks?state=failed');
    await page.getByRole('row', { name: /Marlow & Finch/ }).waitFor();
    await page.getByRole('button', { name: 'Send the chosen again' }).click();

    await page.getByText(/^\d+ (is|are) sent again, in order\.$/).waitFor();
    await until(
      () => control.receivedCallbacks().filter(({ name }) => name === 'console').length >= 2 || undefined,
      'it to be received again',
    );
  });

  test('a key is made, shown once, opens what its role may, and is revoked; activity has it all', async () => {
    await signIn('/keys');
    await page.getByLabel('Whose it is').fill('Onboarding form');
    await page.getByLabel(/^provisioner/).check();
    await page.getByRole('button', { name: 'Make the key' }).click();
    const key = (await page.locator('#new-key').textContent()) ?? '';
    expect((await stack.call('/api/provisioning', { key })).status).toBe(200);
    await page.goto(url('/keys'));
    expect(await page.content()).not.toContain(key);

    await page.getByRole('button', { name: 'Revoke the key of Onboarding form' }).click();
    await page.getByText('Revoked').first().waitFor();
    await page.goto(url('/activity'));
    for (const what of ['Made a key', 'Revoked a key', 'Signed in'])
      await page.getByRole('cell', { name: what }).first().waitFor();
    const csv = await page.request.get(url('/activity.csv?action=made-key'));
    expect(csv.headers()['content-type']).toContain('text/csv');
    expect(await csv.text()).toContain('made-key');
  });

  test('a browser gets a page where there is nothing, and a program gets JSON', async () => {
    await signIn();
    expect((await page.goto(url('/nothing/here')))?.status()).toBe(404);
    await page.getByRole('heading', { name: 'There is nothing here' }).waitFor();
    expect((await page.goto(url('/clients/no-such-client')))?.status()).toBe(404);
    const answer = await stack.call('/nothing/here');
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
  });

  test('nothing is loaded from elsewhere, and no page may run what is not ours', async () => {
    const foreign: string[] = [];
    context.on('request', (request) => {
      if (!request.url().startsWith(stack.server.url)) foreign.push(request.url());
    });
    await signIn();
    const answer = await page.goto(url('/clients'));

    expect(foreign).toEqual([]);
    expect(answer?.headers()['content-security-policy']).toContain("default-src 'none'");
    expect(answer?.headers()['content-security-policy']).not.toContain('unsafe');
  });

  describe('for everybody', () => {
    let pages: string[];
    beforeAll(async () => {
      const live = await provisioned({
        clientName: 'Lumen Physio',
        callbackUrl: `${stack.sandbox.urls.control}/receiver/axe`,
      });
      const left = await withLeftover();
      const isPaused = await paused();
      stack.sandbox.control.reset();
      pages = [
        '/',
        '/clients',
        '/clients/new',
        `/clients/${live}`,
        `/clients/${left}`,
        `/clients/${isPaused}`,
        `/clients/${live}/offboard`,
        `/clients/${left}/forget`,
        '/callbacks',
        '/preflight',
        '/orphans',
        '/keys',
        '/activity',
        '/nothing',
      ];
    });

    test.each([
      ['light', 1280],
      ['dark', 1280],
      ['light', 400],
    ] as const)('no page has a fault that axe finds: %s, %d wide', async (colorScheme, width) => {
      await context.close();
      await open({ colorScheme, viewport: { width, height: 900 } });
      await page.goto(url('/admin/sign-in'));
      expect(await faults()).toEqual([]);
      await signIn();
      for (const path of pages) {
        await page.goto(url(path));
        await headline().waitFor();
        expect({ path, faults: await faults() }).toEqual({ path, faults: [] });
        expect({
          path,
          fits: await page.evaluate('document.documentElement.scrollWidth <= innerWidth'),
        }).toEqual({ path, fits: true });
      }
    });

    /** What axe finds, each with the first element that has it. */
    async function faults(): Promise<string[]> {
      await page.evaluate(axeSource);
      const found: unknown = await page.evaluate(
        `axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })
          .then(({ violations }) => violations.map(({ id, nodes }) => id + ': ' + nodes[0].html.slice(0, 200) + ' ' + nodes[0].failureSummary))`,
      );
      return found as string[];
    }

    test('pictures of it, for the README', async () => {
      await signIn('/');
      await keepPicture(page, 'console-overview.png');
      await page.goto(url(pages[4] ?? ''));
      await keepPicture(page, 'console-client.png');
      expect(await page.getByRole('heading', { name: 'What to do now' }).count()).toBe(1);
    });
  });
});
