/** `npm start`: API and worker in one process. */
import { coreEnvironment, loadConfig, serverEnvironment, workerEnvironment } from './config.ts';
import { createLogger } from './log/logger.ts';
import { runProcess, stopLimitMs } from './process.ts';
import { secretValues } from './log/secret-values.ts';
import { startServer } from './server/start.ts';
import { steps } from './steps/index.ts';
import { startWorker } from './worker/start.ts';

await runProcess(async (signal) => {
  const environment = process.env;
  const config = loadConfig(environment, [
    coreEnvironment,
    serverEnvironment,
    workerEnvironment,
    ...steps.map((step) => step.environment),
  ]);
  const secrets = secretValues(environment);
  const log = createLogger({ level: config.LOG_LEVEL, secrets });
  const server = await startServer({ config, log, secrets, signal });
  const worker = await startWorker({ config, environment, log, signal }).catch(async (error: unknown) => {
    await server.stop();
    throw error;
  });
  return {
    stopWithinMs: stopLimitMs(config.PROVIDER_TIMEOUT_MS),
    async stop() {
      await Promise.all([server.stop(), worker.stop()]);
    },
  };
});
