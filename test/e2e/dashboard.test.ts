/** The dashboard as a person meets it: in a browser, while a provisioning runs. */
import { mkdir } from 'node:fs/promises';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { isWithoutBrowser, launchBrowser } from '../helpers/chromium.ts';
import { backends, startStack, type ShownProvisioning, type Stack } from '../helpers/stack.ts';
import { until } from '../helpers/until.ts';

/** What the pages of one visit did. */
interface Seen {
  readonly requests: { method: string; url: string }[];
  /** Texts of everything that was loaded, by path. */
  readonly answers: { path: string; text: string }[];
  /** Console errors and warnings, exceptions, refused and failed requests. */
  readonly mishaps: string[];
}

/** Records what all pages of a context do. `settle` waits until every answer is read. */
function watch(context: BrowserContext): { seen: Seen; settle: () => Promise<void> } {
  const seen: Seen = { requests: [], answers: [], mishaps: [] };
  const reading: Promise<void>[] = [];
  context.on('request', (request) => {
    seen.requests.push({ method: request.method(), url: request.url() });
  });
  context.on('response', (response) => {
    const { pathname: path } = new URL(response.url());
    if (response.status() >= 400) seen.mishaps.push(`${path} answered ${response.status()}`);
    if (response.status() >= 300) return;
    reading.push(
      response.text().then(
        (text) => void seen.answers.push({ path, text }),
        () => {},
      ),
    );
  });
  context.on('requestfailed', (request) => {
    const why = request.failure()?.errorText ?? '';
    // A page that is left or closed drops the answers it still waits for.
    if (why !== 'net::ERR_ABORTED') seen.mishaps.push(`${request.url()} failed: ${why}`);
  });
  context.on('console', (message) => {
    // Chromium says so on a machine that is busy, and all of it came.
    const isOfHaste = message.text().includes('was preloaded using link preload but not used within a few');
    if (['error', 'warning'].includes(message.type()) && !isOfHaste) seen.mishaps.push(message.text());
  });
  context.on('weberror', (error) => {
    seen.mishaps.push(String(error.error()));
  });
  return { seen, settle: async () => void (await Promise.all(reading)) };
}

/** Keeps a picture for the documentation, when asked to: UPDATE_SCREENSHOTS=1 npx vitest run --project integration … */
async function keepPicture(page: Page, name: string): Promise<void> {
  if (process.env['UPDATE_SCREENSHOTS'] !== '1') return;
  const folder = new URL('../../docs/images/', import.meta.url);
  await mkdir(folder, { recursive: true });
  await page.screenshot({ path: new URL(name, folder).pathname, animations: 'disabled' });
}

/** Its first flow stays its only one, however slow the machine is. */
const patient = { READY_TIMEOUT_MS: '3600000', SWEEP_INTERVAL_MS: '60000' };

describe.skipIf(isWithoutBrowser).each(backends)('on %s', (backend) => {
  let stack: Stack;
  let browser: Browser;
  let running: ShownProvisioning;
  let context: BrowserContext;
  let page: Page;
  let visit: ReturnType<typeof watch>;

  beforeAll(async () => {
    browser = await launchBrowser();
    stack = await startStack({ backend, environment: patient });
    const { control } = stack.sandbox;
    control.setDeploymentOutcome('BUILDING');
    // One attempt that fails, so that there is something to tell.
    control.addFault({
      provider: 'vercel',
      operation: 'getVercelProject',
      mode: 'error-before',
    });
    running = await stack.provision({
      clientId: 'acme',
      clientName: 'Hidden Name',
      orgEmail: 'hidden@acme.example',
    });
    await until(
      () => control.journal().some(({ operation }) => operation === 'getDeployment') || undefined,
      'the deployment to be built',
    );
  });
  afterAll(async () => {
    await browser?.close();
    await stack?.stop();
  });
  beforeEach(async () => {
    context = await browser.newContext({
      // Pictures of 1280 × 800, on which both the log and the whole flow have room.
      viewport: { width: 1600, height: 1000 },
      deviceScaleFactor: 0.8,
      locale: 'en-US',
      timezoneId: 'UTC',
    });
    visit = watch(context);
    page = await context.newPage();
    page.setDefaultTimeout(15_000);
  });
  afterEach(() => context?.close());

  async function signIn(): Promise<void> {
    await page.goto(`${stack.server.url}/admin/queues`);
    await page.getByLabel('API key').fill(stack.environment['ADMIN_API_KEY'] ?? '');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('link', { name: 'provisioning', exact: true }).first().waitFor();
  }

  /** From the queues to a job, as one clicks there: its card shows the title, and its id is the link. */
  async function openJob(title: string, id: string): Promise<void> {
    await page.getByRole('link', { name: 'provisioning', exact: true }).first().click();
    await page.getByText(title, { exact: true }).first().waitFor();
    await page
      .getByRole('link', { name: `${running.id}.1.run.${id}` })
      .first()
      .click();
    await page.getByText('Job flow').waitFor();
    await node(title).waitFor();
  }

  const node = (title: string) => page.getByRole('group', { name: `${title},` });
  const tab = (title: string) => page.getByText(title, { exact: true }).first().click();
  /** The page may still be drawing the job it shows, and then begins again with its first tab. */
  const tabWith = (title: string, text: string | RegExp) =>
    until(
      async () => {
        await tab(title);
        await page.getByText(text).first().waitFor({ timeout: 3000 });
        return true;
      },
      `the tab ${title} to show ${String(text)}`,
    );

  test('who is not signed in is sent to the sign-in page, and with the admin key to the three queues', async () => {
    await page.goto(`${stack.server.url}/admin/queues`);
    expect(new URL(page.url()).pathname).toBe('/admin/sign-in');

    await page.getByLabel('API key').fill(stack.environment['ADMIN_API_KEY'] ?? '');
    await page.keyboard.press('Enter');

    for (const name of ['provisioning', 'rollback', 'callbacks'])
      await page.getByRole('link', { name, exact: true }).first().waitFor();
    expect(new URL(page.url()).pathname).toMatch(/^\/admin\/queues\/?$/);
  });

  test('a running provisioning is seen as a flow of its steps, by client and with the state of each', async () => {
    await signIn();
    await openJob('acme · provisioning', 'end');

    const states = {
      'acme · provisioning': /waiting-children/,
      'acme · 5/5 n8n-webhooks': /waiting-children/,
      'acme · 4/5 vercel-deployment': /delayed|active|prioritized/,
      'acme · 3/5 github-repo': /completed/,
      'acme · 2/5 database-schema': /completed/,
      'acme · 1/5 supabase-project': /completed/,
    };
    for (const [title, state] of Object.entries(states)) {
      await node(title).getByText(title, { exact: true }).waitFor();
      expect(await node(title).getAttribute('aria-label')).toMatch(state);
    }
    expect(await page.locator('.react-flow__node').count()).toBe(6);
  });

  test('the step that runs says what it waits for, and has a log line for each attempt', async () => {
    await signIn();
    await openJob('acme · provisioning', 'end');
    await node('acme · 4/5 vercel-deployment').click();
    await page.getByText('Open this job').click();
    await page.waitForURL(`**/${running.id}.1.run.4`);

    await tabWith('Progress', '"the deployment to be ready"');

    await tabWith('Logs', /attempt 1: provider-unavailable, again in \d+ ms/);
    await page.getByText('attempt 2: waiting for the deployment to be ready').waitFor();
    expect(await page.getByText(/^attempt \d+: /).count()).toBe(2);

    if (backend !== 'redis') return;
    await page.getByRole('button', { name: 'Collapse sidebar' }).click();
    await until(async () => {
      await page.getByRole('button', { name: 'Fit the whole flow' }).click();
      const last = await node('acme · 1/5 supabase-project').boundingBox();
      return last !== null && last.x > 900;
    }, 'the flow to fill its frame');
    await page.evaluate('scrollTo(0, 1e6)');
    await keepPicture(page, 'dashboard-flow.png');
  });

  test('the pages say no secret, and nothing about the client but its id', async () => {
    await signIn();
    await openJob('acme · 4/5 vercel-deployment', '4');
    for (const title of ['Progress', 'Options', 'Logs', 'Error', 'Data']) await tab(title);
    await page.getByRole('link', { name: 'rollback', exact: true }).first().click();
    await page.getByRole('link', { name: 'callbacks', exact: true }).first().click();
    await visit.settle();

    const { answers } = visit.seen;
    const job = `/admin/queues/api/queues/provisioning/${running.id}.1.run.4`;
    expect(answers.map(({ path }) => path)).toEqual(
      expect.arrayContaining([
        '/admin/sign-in',
        '/admin/queues',
        '/admin/queues/api/queues',
        job,
        `${job}/logs`,
        `${job}/flow`,
      ]),
    );
    const everything = [...answers.map(({ text }) => text), await page.content()].join('\n');
    const secrets = [
      'ADMIN_API_KEY',
      'WEBHOOK_SIGNING_SECRET',
      'SUPABASE_MANAGEMENT_TOKEN',
      'GITHUB_TOKEN',
      'VERCEL_TOKEN',
      'N8N_API_KEY',
      'DATABASE_URL',
    ].map((name) => stack.environment[name]);
    secrets.push(stack.environment['ENCRYPTION_KEYS']?.split(':')[1], 'Hidden Name', 'hidden@acme.example');
    for (const secret of secrets) {
      expect(secret).toMatch(/.{10}/);
      expect(everything).not.toContain(secret);
    }
    expect(everything).not.toMatch(/sb_secret_|sb_publishable_|service_role/);
  });

  test('all parts come from this server, and none is refused, missing or broken', async () => {
    await signIn();
    await openJob('acme · 4/5 vercel-deployment', '4');
    await tabWith('Logs', /attempt 2/);
    await node('acme · 3/5 github-repo').waitFor();
    await page.waitForLoadState('networkidle');

    expect(visit.seen.mishaps).toEqual([]);
    expect(visit.seen.requests.length).toBeGreaterThan(10);
    const origins = new Set(
      visit.seen.requests
        .map(({ url }) => new URL(url))
        .filter(({ protocol }) => protocol !== 'data:')
        .map(({ origin }) => origin),
    );
    expect([...origins]).toEqual([new URL(stack.server.url).origin]);
  });

  test('no button changes anything, and a request that would is refused', async () => {
    await signIn();
    const clickEverything = async () => {
      // Twice, for what the first click opens: menus, questions whether one is sure.
      for (let round = 0; round < 2; round += 1) {
        await page.evaluate(
          `document.querySelectorAll('button, [role=menuitem]:not([href])').forEach((it) => it.click())`,
        );
        await page.waitForResponse((response) => response.url().includes('/admin/queues/api/queues'));
      }
    };
    await openJob('acme · 4/5 vercel-deployment', '4');
    await clickEverything();
    await page.goto(`${stack.server.url}/admin/queues/queue/provisioning`);
    await page.getByText('acme · provisioning', { exact: true }).first().waitFor();
    await clickEverything();
    expect(visit.seen.requests.filter(({ method }) => method !== 'GET')).toEqual([
      { method: 'POST', url: `${stack.server.url}/admin/sign-in` },
    ]);

    const queue = `${stack.server.url}/admin/queues/api/queues/provisioning`;
    for (const path of ['/pause', '/empty', `/${running.id}.1.run.4/promote`, `/${running.id}.1.run.4/clean`])
      expect((await context.request.put(queue + path)).status()).toBe(405);
    expect(await stack.show(running.id)).toMatchObject({ status: 'running', done: false });
  });

  test('who signs out has to sign in again', async () => {
    await signIn();
    await page.goto(`${stack.server.url}/admin/sign-out`);
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.waitForURL('**/admin/sign-in');

    await page.goto(`${stack.server.url}/admin/queues`);

    expect(new URL(page.url()).pathname).toBe('/admin/sign-in');
  });
});
