/** The browser of this machine, for the tests that look at pages as a person does. */
import { accessSync, constants } from 'node:fs';
import path from 'node:path';
import { chromium, type Browser } from 'playwright-core';

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

const howToMend = 'install one (Debian: apt-get install chromium), or set CHROMIUM_PATH to its program';

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** The path of a Chromium or Chrome. Undefined: there is none. */
function findChromium(): string | undefined {
  const { CHROMIUM_PATH: named, PATH = '' } = process.env;
  if (named !== undefined && named !== '') {
    if (!isProgram(named)) throw new Error(`CHROMIUM_PATH=${named} is no program: correct or unset it`);
    return named;
  }
  const folders = ['/usr/bin', ...PATH.split(path.delimiter).filter((folder) => folder !== '')];
  return [
    ...folders.flatMap((folder) => names.map((name) => path.join(folder, name))),
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
    '/Applications/Chromium.app/Contents/MacOS/Chromium',
  ].find(isProgram);
}

const program = findChromium();

/** Where no browser is, its tests are left out, and say so; in continuous integration they fail instead. */
export const isWithoutBrowser = program === undefined && process.env['CI'] !== 'true';
if (isWithoutBrowser)
  process.stderr.write(`Tests in a browser are left out, there is no Chromium: ${howToMend}.\n`);

/** Starts it without a window. */
export function launchBrowser(): Promise<Browser> {
  if (program === undefined) throw new Error(`there is no Chromium: ${howToMend}`);
  return chromium.launch({
    executablePath: program,
    args: [
      // As root, as in a container, Chromium's own sandbox can't start.
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
      '--disable-gpu',
      '--disable-quic',
      '--disable-dev-shm-usage',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}
