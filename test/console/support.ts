/** The console of a stack in a browser: a page for each test, and clients in the states that people meet. */
import type { Browser, BrowserContext, Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import { launchBrowser } from '../helpers/chromium.ts';
import { newClientId, startStack, type Stack } from '../helpers/stack.ts';
import { until } from '../helpers/until.ts';

export interface ConsoleInBrowser {
  readonly stack: Stack;
  readonly context: BrowserContext;
  readonly page: Page;
  /** Errors and warnings of the browser. */
  readonly mishaps: readonly string[];
  /** Begins anew in a browser of another kind. */
  open(options: Parameters<Browser['newContext']>[0]): Promise<void>;
  adminKey(): string;
  url(path: string): string;
  headline(): Locator;
  rail(lane: 'run' | 'undo'): Locator;
  /** Goes to a page, signs in on the way, and waits for what is there. */
  signIn(path?: string, key?: string): Promise<void>;
  /** Provisions a client, waits until nothing more happens by itself, and returns its client id. */
  provisioned(fields?: Record<string, unknown>): Promise<string>;
  /** A client whose rollback has left its repository. */
  withLeftover(): Promise<string>;
  /** A client that is paused at its deployment. */
  paused(): Promise<string>;
  /** The objects at the providers that have the client id in their name. */
  objectsOf(clientId: string): unknown[];
}

/** For the tests of a file: each begins with a page of its own, and providers without faults. */
export function useConsole(): ConsoleInBrowser {
  let stack: Stack;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let mishaps: string[] = [];

  beforeAll(async () => {
    browser = await launchBrowser();
    stack = await startStack({ backend: 'redis' });
  });
  afterAll(async () => {
    await browser?.close();
    await stack?.stop();
  });
  const begin = async (options: Parameters<Browser['newContext']>[0] = {}) => {
    const seen: string[] = [];
    mishaps = seen;
    context = await browser.newContext({
      viewport: { width: 1280, height: 900 },
      locale: 'en-US',
      timezoneId: 'UTC',
      ...options,
    });
    context.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) seen.push(message.text());
    });
    context.on('weberror', (error) => void seen.push(String(error.error())));
    page = await context.newPage();
    page.setDefaultTimeout(20_000);
  };
  beforeEach(() => begin());
  afterEach(async () => {
    await stack.sandbox.control.reset();
    await context?.close();
  });

  const url = (path: string) => `${stack.server.url}${path}`;
  const adminKey = () => stack.environment['ADMIN_API_KEY'] ?? '';
  const headline = () => page.getByRole('heading', { level: 1 });
  const provisioned = async (fields: Record<string, unknown> = {}) => {
    const clientId = newClientId();
    const { id } = await stack.provision({ clientId, ...fields });
    await stack.waitUntilDone(id);
    return clientId;
  };
  return {
    get stack() {
      return stack;
    },
    get context() {
      return context;
    },
    get page() {
      return page;
    },
    get mishaps() {
      return mishaps;
    },
    async open(options) {
      await context.close();
      await begin(options);
    },
    adminKey,
    url,
    headline,
    rail: (lane) => page.locator(`.lane.${lane}`),
    async signIn(path = '/', key = adminKey()) {
      await page.goto(url(path));
      await page.getByLabel(/^API key/).fill(key);
      await page.getByRole('button', { name: 'Sign in' }).click();
      await headline().waitFor();
    },
    provisioned,
    async withLeftover() {
      stack.sandbox.control.setDeploymentOutcome('ERROR');
      stack.sandbox.control.refuseDelete('github.repository', true);
      return provisioned();
    },
    async paused() {
      stack.sandbox.control.setDeploymentOutcome('ERROR');
      const clientId = newClientId();
      const { id } = await stack.provision({ clientId, onFailure: 'pause' });
      await until(async () => (await stack.show(id)).status === 'paused' || undefined, 'it to be paused');
      return clientId;
    },
    objectsOf: (clientId) => stack.sandbox.control.objects().filter(({ name }) => name.includes(clientId)),
  };
}
