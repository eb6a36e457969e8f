import { resolve } from 'node:path';
import type { Config } from './config.ts';
import type { Environment } from './environment.ts';
import { watchConfig } from './watch.ts';

export interface FollowOptions {
  /** In force now. */
  readonly config: Config;
  readonly env: Environment;
  readonly cwd: string;
  readonly log: {
    info(detail: object, message: string): void;
    warn(message: string): void;
    error(message: string): void;
  };
  /** Throws what keeps the new one from coming into force; then the old one stays. */
  readonly reconfigure: (config: Config) => void;
}

/** What sockets, stores and threads were opened with. */
const OPENED_WITH = ['server', 'cache', 'embedding', 'index', 'queue', 'redis', 'services', 'telemetry'] as const;

/**
 * Takes changes of the configuration file up while the process runs. A bad one is refused with one line in the log; what
 * waits for a restart is named there.
 */
export function followConfig({ config, env, cwd, log, reconfigure }: FollowOptions): { close(): void } {
  const refused = (error: Error) => log.error(`configuration refused, the old one stays in force: ${error.message}`);
  const onConfig = (next: Config) => {
    try {
      reconfigure(next);
      log.info({ file: next.source.file }, 'configuration reloaded');
      for (const warning of next.warnings) log.warn(warning);
      const waiting = OPENED_WITH.filter((name) => opened(name, next) !== opened(name, config));
      if (waiting.length > 0) log.warn(`not in force before a restart: what changed in ${waiting.join(', ')}`);
    } catch (error) {
      refused(error as Error);
    }
  };
  const file = config.source.file ?? resolve(cwd, 'nearhit.yaml');
  return watchConfig(file, onConfig, refused, { env, cwd, contentHash: config.source.contentHash });
}

/** Of `cache` how long a look-up may take is in force at once. */
function opened(name: (typeof OPENED_WITH)[number], config: Config): string {
  return JSON.stringify(name === 'cache' ? config.cache.l1 : config[name]);
}
