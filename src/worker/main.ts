/** `npm run worker`: the worker alone; any number of them. */
import { coreEnvironment, loadConfig, workerEnvironment } from '../config.ts';
import { createLogger } from '../log/logger.ts';
import { runProcess } from '../process.ts';
import { secretValues } from '../log/secret-values.ts';
import { steps } from '../steps/index.ts';
import { startWorker } from './start.ts';

await runProcess(async (signal) => {
  const environment = process.env;
  const config = loadConfig(environment, [
    coreEnvironment,
    workerEnvironment,
    ...steps.map((step) => step.environment),
  ]);
  const log = createLogger({ level: config.LOG_LEVEL, secrets: secretValues(environment) });
  return startWorker({ config, environment, log, signal });
});
