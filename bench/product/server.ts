/** The product's API process, as `npm run server` starts it, with the steps of the benchmark. */
import { coreEnvironment, loadConfig, serverEnvironment } from '../../src/config.ts';
import { createLogger } from '../../src/log/logger.ts';
import { secretValues } from '../../src/log/secret-values.ts';
import { runProcess } from '../../src/process.ts';
import { startServer } from '../../src/server/start.ts';
import { tellReady } from '../children/child-side.ts';
import { benchSteps } from './steps.ts';

await runProcess(async (signal) => {
  const config = loadConfig(process.env, [coreEnvironment, serverEnvironment]);
  const secrets = secretValues(process.env);
  const log = createLogger({ level: config.LOG_LEVEL, secrets });
  const server = await startServer({ config, log, secrets, signal, steps: benchSteps });
  tellReady(server.url);
  return server;
});
