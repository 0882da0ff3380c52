/** `npm run server`: the API alone; any number of them. */
import { coreEnvironment, loadConfig, serverEnvironment } from '../config.ts';
import { createLogger } from '../log/logger.ts';
import { runProcess } from '../process.ts';
import { secretValues } from '../log/secret-values.ts';
import { startServer } from './start.ts';

await runProcess(async (signal) => {
  const config = loadConfig(process.env, [coreEnvironment, serverEnvironment]);
  const secrets = secretValues(process.env);
  const log = createLogger({ level: config.LOG_LEVEL, secrets });
  return startServer({ config, log, secrets, signal });
});
