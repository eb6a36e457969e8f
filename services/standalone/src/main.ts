import { followConfig, loadConfig } from '@nearhit/config';
import { openLog, runProcess } from '@nearhit/runtime';
import { banner } from './banner.ts';
import { startStandalone } from './standalone.ts';

runProcess(async () => {
  const { env } = process;
  const cwd = process.cwd();
  const config = loadConfig({ env, cwd });
  const log = openLog(config.logLevel);
  const running = await startStandalone(config, log);
  const watcher = followConfig({ config, env, cwd, log, reconfigure: running.reconfigure });
  const facts = await running.facts();
  process.stdout.write(banner({ ...facts, url: running.url, admin: running.admin, startMs: performance.now() }));
  for (const warning of config.warnings) log.warn(warning);
  return {
    log,
    close() {
      watcher.close();
      return running.close();
    },
  };
});
