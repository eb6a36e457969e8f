import { loadConfig } from '@nearhit/config';
import { openLog, runProcess, withPort } from '@nearhit/runtime';
import { startCacheService } from './cache-service.ts';

runProcess(async () => {
  const config = loadConfig({ env: withPort(process.env, 7002), cwd: process.cwd() });
  const log = openLog(config.logLevel, 'cache');
  const exit = (why: string) => {
    log.error(why);
    process.kill(process.pid, 'SIGTERM');
  };
  return { log, ...(await startCacheService(config, log, exit)) };
});
