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
for (const version of versions) {
  console.log(`n8n ${version}: installing what is not there`);
  const n8n = await startN8n(await installN8n(version));
  const proxy = await startN8nProxy({ target: () => n8n.url });
  const product = await startProduct(version, proxy.url, n8n.apiKey);
  for (const scene of scenes.filter(({ name }) => name.includes(values.scene))) {
    const startedAt = performance.now();
    proxy.seen.length = 0;
    const result = await scene.play({ n8n, proxy, product }).then(
      () => 'ok',
      (error: unknown) => `FAILED: ${error instanceof Error ? error.message : String(error)}`,
    );
    if (result !== 'ok') failures += 1;
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
    console.log(`n8n ${version}: ${scene.name}: ${result} (${seconds} s)`);
  }
  await product.stop();
  await proxy.stop();
  await n8n.stop();
}
process.exitCode = failures === 0 ? 0 : 1;
