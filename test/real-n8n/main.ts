/**
 * `npm run test:n8n -- 2.41.1 2.20.12 1.123.81 1.113.3`: the n8n step against real servers of those versions.
 *
 * `--scene killed` plays only those with that in their name. By hand only: it installs them from npm into `.data/real-n8n`, 2 GB each. Its result belongs in docs/fidelity.md.
 */
import { parseArgs } from 'node:util';
import { startN8nProxy } from '../helpers/n8n-proxy.ts';
import { installN8n } from './install.ts';
import { scenes } from './life.ts';
import { startProduct } from './product.ts';
import { startN8n } from './server.ts';

const { values, positionals: versions } = parseArgs({
  allowPositionals: true,
  options: { scene: { type: 'string', default: '' } },
});
if (versions.length === 0) throw new Error('name the versions of n8n: npm run test:n8n -- 2.41.1 1.113.3');

let failures = 0;

function report(version: string, what: string, failure?: string): void {
  if (failure !== undefined) failures += 1;
  console.log(`n8n ${version}: ${what}: ${failure === undefined ? 'ok' : `FAILED: ${failure}`}`);
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : 'not an Error');

async function playScenes(version: string): Promise<void> {
  await using running = new AsyncDisposableStack();
  const n8n = running.adopt(await startN8n(await installN8n(version)), (one) => one.stop());
  const proxy = running.adopt(await startN8nProxy({ target: () => n8n.url }), (one) => one.stop());
  const product = running.adopt(await startProduct(version, proxy.url, n8n.apiKey), (one) => one.stop());
  for (const scene of scenes.filter(({ name }) => name.includes(values.scene))) {
    const startedAt = performance.now();
    proxy.seen.length = 0;
    const failure = await scene.play({ n8n, proxy, product }).then(() => undefined, messageOf);
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
    report(version, `${scene.name} (${seconds} s)`, failure);
  }
}

for (const version of versions) {
  console.log(`n8n ${version}: installing what is not there`);
  try {
    await playScenes(version);
  } catch (error) {
    report(version, 'start and stop', messageOf(error));
  }
}
process.exitCode = failures === 0 ? 0 : 1;
