import { followConfig, loadConfig } from '@nearhit/config';
import { openLog, runProcess, withPort } from '@nearhit/runtime';
import { startWorker } from './worker.ts';

runProcess(async () => {
  const config = loadConfig({ env: withPort(process.env, 7003), cwd: process.cwd() });
  const log = openLog(config.logLevel, 'worker');
  const worker = await startWorker(config, log);
  const watcher = followConfig({ config, env: process.env, cwd: process.cwd(), log, reconfigure: worker.reconfigure });
  return {
    log,
    close() {
      watcher.close();
      return worker.close();
    },
  };
});
