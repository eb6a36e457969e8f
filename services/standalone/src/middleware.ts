import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Config, type ConfigInput, followConfig, loadConfig } from '@nearhit/config';
import { openLog } from '@nearhit/runtime';
import pino, { type Logger } from 'pino';
import { startMounted } from './standalone.ts';

/** Express 4 and 5, Connect, and whatever else calls a handler with Node's own request and response. */
export type Handler = (req: IncomingMessage, res: ServerResponse, next: (error?: unknown) => void) => void;

export interface NearhitOptions {
  /**
   * What would stand in nearhit.yaml, as values or as YAML. Absent: the file at NEARHIT_CONFIG or ./nearhit.yaml, which is
   * followed while the app runs. The environment variables count as for `nearhit start`, but PORT and HOST.
   */
  readonly config?: ConfigInput | string | undefined;
  /** Where answers are kept (NEARHIT_DATA_DIR; default `.nearhit` below `cwd`). One process at a time may have it open. */
  readonly dataDir?: string | undefined;
  /** Relative paths start here. Default: the process's. */
  readonly cwd?: string | undefined;
  /** Default: `process.env`. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  /** Default: JSON lines on standard error from LOG_LEVEL on. False: none. */
  readonly log?: Logger | false | undefined;
}

/** The data plane: `app.use('/v1', nearhit())`. */
export interface Nearhit extends Handler {
  /** The admin plane: `app.use('/admin/v1', gateway.admin)`. Guarded by the admin token. */
  readonly admin: Handler;
  /** `/healthz`, `/readyz` and `/metrics` below wherever it is mounted. */
  readonly ops: Handler;
  /** The page at `/dashboard`: `app.use(gateway.dashboard)`. It needs `/v1` and `/admin/v1` where they belong. */
  readonly dashboard: Handler;
  /** Resolves when requests are served at once, to the admin token; rejects with what is wrong, in words. */
  readonly ready: Promise<{ readonly adminToken: string }>;
  /** Finishes what is being written. Call it once the app's server has closed. */
  close(): Promise<void>;
}

/**
 * The gateway within an app. It opens at once; requests that come before it is ready wait for it. Keys are required unless
 * `auth: optional` is configured: the app alone knows who can reach it. Throws ConfigError when the configuration is wrong.
 */
export function nearhit(options: NearhitOptions = {}): Nearhit {
  const { config, log } = settings(options);
  const gateway = start(options, config, log);
  // Whoever does not look at `ready` hears of it at the first request.
  gateway.catch(() => undefined);
  const part =
    (name: 'data' | 'admin' | 'ops' | 'dashboard'): Handler =>
    (req, res, next) => {
      gateway.then(({ running }) => (running.door[name] as Handler)(req, res, next), next);
    };
  return Object.assign(part('data'), {
    admin: part('admin'),
    ops: part('ops'),
    dashboard: part('dashboard'),
    ready: gateway.then(({ running }) => ({ adminToken: running.admin.secret })),
    close: async () => (await gateway.catch(() => undefined))?.close(),
  });
}

function settings(options: NearhitOptions): { config: Config; log: Logger } {
  const config = loadConfig(sourcesOf(options));
  const log = options.log === false ? pino({ level: 'silent' }) : (options.log ?? openLog(config.logLevel));
  return { config, log };
}

/** The address is the app's affair, and so is whether others than this machine can reach it. */
function sourcesOf({ config, dataDir, cwd = process.cwd(), env = process.env }: NearhitOptions) {
  const { PORT: _port, HOST: _host, ...others } = env;
  const mounted = { ...others, ...(dataDir !== undefined && { NEARHIT_DATA_DIR: dataDir }) };
  return { env: { ...mounted, HOST: '0.0.0.0' }, cwd, inline: config };
}

async function start(options: NearhitOptions, config: Config, log: Logger) {
  const running = await startMounted(config, log);
  const { reconfigure } = running;
  const watcher =
    options.config === undefined ? followConfig({ config, ...sourcesOf(options), log, reconfigure }) : undefined;
  for (const warning of config.warnings) log.warn(warning);
  return {
    running,
    close() {
      watcher?.close();
      return running.close();
    },
  };
}
