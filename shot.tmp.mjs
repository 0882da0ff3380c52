import puppeteer from 'puppeteer-core';
import { readFileSync } from 'node:fs';
const log = readFileSync('/tmp/demo.log', 'utf8').replace(/\x1b\[[0-9;]*m/g, '');
const key = /sign in with\s+(\S+)/.exec(log)[1];
const base = 'http://127.0.0.1:3000';
const dark = process.argv.includes('--dark');
const narrow = process.argv.includes('--narrow');
const pages = process.argv.slice(2).filter((a) => !a.startsWith('--'));
const b = await puppeteer.launch({
  executablePath: '/usr/bin/chromium',
  args: ['--no-sandbox', '--headless=new'],
});
const p = await b.newPage();
await p.setViewport({ width: narrow ? 400 : 1280, height: 900, deviceScaleFactor: 1 });
if (dark) await p.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: 'dark' }]);
p.on('console', (m) => console.log('console', m.type(), m.text()));
p.on('pageerror', (e) => console.log('pageerror', e.message));
p.on('requestfailed', (r) => console.log('failed', r.url(), r.failure()?.errorText));
await p.goto(base + '/');
await p.type('#key', key);
await Promise.all([p.waitForNavigation(), p.click('button.filled')]);
for (const path of pages) {
  const [url, name] = path.split('=');
  const r = await p.goto(base + url, { waitUntil: 'load' });
  await new Promise((r) => setTimeout(r, 400));
  console.log(url, r.status(), await p.title());
  await p.screenshot({
    path: `/tmp/shots/${name}${dark ? '-dark' : ''}${narrow ? '-400' : ''}.png`,
    fullPage: true,
  });
}
await b.close();
