import { resolve } from 'node:path';
import { loadConfig, watchConfig } from '@nearhit/config';
import pino from 'pino';
import { banner } from './banner.ts';
import { startStandalone } from './standalone.ts';

/** One clear line and exit code 1: what an operator can mend is never shown as a stack trace. */
function refuse(error: unknown): never {
  const { code, message } = error as NodeJS.ErrnoException;
  const hint = code === 'EADDRINUSE' ? ' Set PORT to a free one, or stop what listens there.' : '';
  process.stderr.write(`nearhit: ${message}${hint}\n`);
  process.exit(1);
}

async function main(): Promise<void> {
  const config = loadConfig({ env: process.env, cwd: process.cwd() });
  const log = pino({ level: config.logLevel, base: undefined }, pino.destination({ dest: 2, sync: false }));
  const running = await startStandalone(config, log);
  const refused = (error: Error) => log.error(`configuration refused, the old one stays in force: ${error.message}`);
  const watcher = watchConfig(
    config.source.file ?? resolve('nearhit.yaml'),
    (next) => {
      try {
        running.reconfigure(next);
        log.info({ file: next.source.file }, 'configuration reloaded');
      } catch (error) {
        refused(error as Error);
      }
    },
    refused,
    { env: process.env, cwd: process.cwd(), contentHash: config.source.contentHash },
  );

  const facts = await running.facts();
  const dataDir = resolve(config.dataDir);
  process.stdout.write(
    banner({ ...facts, url: running.url, admin: running.admin, dataDir, startMs: performance.now() }),
  );
  for (const warning of config.warnings) log.warn(warning);

  let stopping = false;
  const stop = async (signal: string) => {
    if (stopping) process.exit(1);
    stopping = true;
    log.info({ signal }, 'finishing requests in flight');
    watcher.close();
    await running.close().catch((error: Error) => {
      log.error(`not everything could be closed: ${error.message}`);
      process.exit(1);
    });
    process.exit(0);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void stop(signal));
}

main().catch(refuse);
