import { followConfig, loadConfig } from '@nearhit/config';
import { openLog, runProcess } from '@nearhit/runtime';
import { startIngress } from './ingress.ts';

runProcess(async () => {
  const { env } = process;
  const cwd = process.cwd();
  const config = loadConfig({ env, cwd });
  const log = openLog(config.logLevel, 'ingress');
  const ingress = await startIngress(config, log);
  const watcher = followConfig({ config, env, cwd, log, reconfigure: ingress.reconfigure });
  for (const warning of config.warnings) log.warn(warning);
  log.info({ url: ingress.url }, 'ingress listens');
  const { secret, file, fresh } = ingress.admin;
  // The only time that it is shown: people read it here, in `docker compose logs ingress`.
  if (fresh)
    process.stdout.write(`\n  admin token   ${secret}\n                kept in ${file}; it is not printed again\n\n`);
  return {
    log,
    close() {
      watcher.close();
      return ingress.close();
    },
  };
});
