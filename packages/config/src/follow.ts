import { resolve } from 'node:path';
import type { Config } from './config.ts';
import type { Environment } from './environment.ts';
import { watchConfig } from './watch.ts';

export interface FollowOptions {
  /** In force now. */
  readonly config: Config;
  readonly env: Environment;
  readonly cwd: string;
  readonly log: { info(detail: object, message: string): void; error(message: string): void };
  /** Throws what keeps the new one from coming into force; then the old one stays. */
  readonly reconfigure: (config: Config) => void;
}

/** Takes changes of the configuration file up while the process runs. A bad one is refused with one line in the log. */
export function followConfig({ config, env, cwd, log, reconfigure }: FollowOptions): { close(): void } {
  const refused = (error: Error) => log.error(`configuration refused, the old one stays in force: ${error.message}`);
  const onConfig = (next: Config) => {
    try {
      reconfigure(next);
      log.info({ file: next.source.file }, 'configuration reloaded');
    } catch (error) {
      refused(error as Error);
    }
  };
  const file = config.source.file ?? resolve(cwd, 'nearhit.yaml');
  return watchConfig(file, onConfig, refused, { env, cwd, contentHash: config.source.contentHash });
}
