import { loadConfig } from '@nearhit/config';
import { openLog, runProcess, withPort } from '@nearhit/runtime';
import { startEmbeddingService } from './embedding-service.ts';

runProcess(async () => {
  const config = loadConfig({ env: withPort(process.env, 7001), cwd: process.cwd() });
  const log = openLog(config.logLevel, 'embedding');
  return { log, ...(await startEmbeddingService(config, log)) };
});
