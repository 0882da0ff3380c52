/** The console for everybody: no fault that axe finds, in either scheme and on a small screen; and its pictures. */
import { mkdir } from 'node:fs/promises';
import axe from 'axe-core';
import type { Page } from 'playwright-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { isWithoutBrowser } from '../helpers/chromium.ts';
import { until } from '../helpers/until.ts';
import { useConsole } from './support.ts';

/** Keeps a picture for the documentation, when asked to: UPDATE_SCREENSHOTS=1 npx vitest run --project integration … */
async function keepPicture(page: Page, name: string): Promise<void> {
  if (process.env['UPDATE_SCREENSHOTS'] !== '1') return;
  const folder = new URL('../../docs/images/', import.meta.url);
  await mkdir(folder, { recursive: true });
  await page.screenshot({ path: new URL(name, folder).pathname, animations: 'disabled' });
}

describe.skipIf(isWithoutBrowser)('the console, for everybody', () => {
  const at = useConsole();

  let pages: string[];
  beforeAll(async () => {
    const live = await at.provisioned({
      clientName: 'Lumen Physio',
      callbackUrl: `${at.stack.sandbox.urls.control}/receiver/axe`,
    });
    const left = await at.withLeftover();
    const isPaused = await at.paused();
    await at.stack.sandbox.control.reset();
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
    await at.open({ colorScheme, viewport: { width, height: 900 } });
    await at.page.goto(at.url('/admin/sign-in'));
    expect(await faults()).toEqual([]);
    await at.signIn();
    for (const path of pages) {
      await at.page.goto(at.url(path));
      await at.headline().waitFor();
      expect({ path, faults: await faults() }).toEqual({ path, faults: [] });
      expect({
        path,
        fits: await at.page.evaluate('document.documentElement.scrollWidth <= innerWidth'),
      }).toEqual({ path, fits: true });
    }
  });

  /** What axe finds, each with the first element that has it. */
  async function faults(): Promise<string[]> {
    await at.page.evaluate(axe.source);
    const found: unknown = await at.page.evaluate(
      `axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })
          .then(({ violations }) => violations.map(({ id, nodes }) => id + ': ' + nodes[0].html.slice(0, 200) + ' ' + nodes[0].failureSummary))`,
    );
    return found as string[];
  }

  test('pictures of it, for the README', async () => {
    const { control } = at.stack.sandbox;
    control.setDeploymentOutcome('ERROR');
    const okapi = await at.stack.provision({
      clientId: 'okapi-travel',
      clientName: 'Okapi Travel',
      onFailure: 'pause',
    });
    control.refuseDelete('github.repository', true);
    const halden = await at.stack.provision({ clientId: 'halden-ceramics', clientName: 'Halden Ceramics' });
    await at.stack.waitUntilDone(halden.id);
    await until(
      async () => (await at.stack.show(okapi.id)).status === 'paused' || undefined,
      'it to be paused',
    );
    control.setDeploymentOutcome('BUILDING');
    const fjord = await at.stack.provision({ clientId: 'fjord-audio', clientName: 'Fjord Audio' });
    await until(
      async () =>
        (await at.stack.show(fjord.id)).steps.some(
          ({ waitingFor }) => waitingFor === 'the deployment to be ready',
        ) || undefined,
      'it to wait',
    );
    await at.signIn('/');
    await keepPicture(at.page, 'console-overview.png');
    await at.page.goto(at.url('/clients/halden-ceramics'));
    await keepPicture(at.page, 'console-client.png');
    await at.page.goto(at.url('/clients/fjord-audio'));
    await keepPicture(at.page, 'console-live.png');

    expect(await at.page.getByRole('link', { name: 'Cancel and undo' }).count()).toBe(1);
  });
});
