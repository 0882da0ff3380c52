/** The product's worker process, as `npm run worker` starts it, with the steps of the benchmark. */
import { coreEnvironment, loadConfig, workerEnvironment } from '../../src/config.ts';
import { createLogger } from '../../src/log/logger.ts';
import { secretValues } from '../../src/log/secret-values.ts';
import { runProcess } from '../../src/process.ts';
import { startWorker } from '../../src/worker/start.ts';
import { tellReady } from '../children/child-side.ts';
import { benchSteps } from './steps.ts';

await runProcess(async (signal) => {
  const environment = process.env;
  const config = loadConfig(environment, [
    coreEnvironment,
    workerEnvironment,
    ...benchSteps.map((step) => step.environment),
  ]);
  const log = createLogger({ level: config.LOG_LEVEL, secrets: secretValues(environment) });
  const worker = await startWorker({ config, environment, log, signal, steps: benchSteps });
  tellReady();
  return worker;
});
