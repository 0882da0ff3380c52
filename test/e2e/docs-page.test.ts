/** The page of the API's documentation as a person meets it: in a browser, with nothing but this server. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isWithoutBrowser, launchBrowser } from '../helpers/chromium.ts';
import { startStack, type Stack } from '../helpers/stack.ts';

describe.skipIf(isWithoutBrowser)('/docs', () => {
  let stack: Stack;
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
    stack = await startStack({ backend: 'redis', workers: 0 });
  });
  afterAll(async () => {
    await browser?.close();
    await stack?.stop();
  });

  test('shows every operation without a key, and asks nobody but this server', async () => {
    const page = await browser.newPage({ viewport: { width: 1200, height: 1600 } });
    const mishaps: string[] = [];
    const origins = new Set<string>();
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) mishaps.push(message.text());
    });
    page.on('pageerror', (error) => mishaps.push(error.message));
    page.on('request', (request) => {
      const { protocol, origin } = new URL(request.url());
      if (protocol.startsWith('http')) origins.add(origin);
    });
    await page.goto(`${stack.server.url}/docs`);
    const document = (await (await stack.call('/openapi.json', { key: '' })).json()) as {
      paths: Record<string, Record<string, { summary: string }>>;
    };
    for (const operations of Object.values(document.paths))
      for (const { summary } of Object.values(operations))
        await page.getByText(summary, { exact: true }).first().waitFor();
    if (process.env['UPDATE_SCREENSHOTS'] === '1')
      await page.screenshot({ path: 'docs/images/docs-page.png' });

    expect(mishaps).toEqual([]);
    expect([...origins]).toEqual([new URL(stack.server.url).origin]);
  });
});
