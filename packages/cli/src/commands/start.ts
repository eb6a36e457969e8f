import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Command } from 'commander';
import { Failure } from '../failures.ts';
import type { Io } from '../io.ts';
import { wholeNumber } from '../options.ts';

interface StartOptions {
  readonly config?: string;
  readonly port?: number;
  readonly host?: string;
  readonly dataDir?: string;
  readonly logLevel?: string;
  readonly json?: boolean;
}

/** No package imports a service: where the process's entry lies is known, and it is looked up when it is wanted. */
const STANDALONE = fileURLToPath(new URL('../../../../dist/standalone.js', import.meta.url));

export function startCommand(io: Io): Command {
  return new Command('start')
    .description('Start the gateway: everything in one process, until it is told to stop')
    .option('--config <file>', 'configuration file (NEARHIT_CONFIG; default: ./nearhit.yaml if it is there)')
    .option('--port <number>', 'port to listen on; 0: a free one (PORT; default: 8080)', wholeNumber(0, 65_535))
    .option('--host <address>', 'address to listen on (HOST; default: 127.0.0.1)')
    .option('--data-dir <folder>', 'where answers are kept (NEARHIT_DATA_DIR; default: ./.nearhit)')
    .option('--log-level <level>', 'trace, debug, info, warn, error, fatal or silent (LOG_LEVEL; default: info)')
    .option('--json', 'once it is ready, one line of JSON on stdout instead of the banner: {"url", "pid"}')
    .action(async (options: StartOptions) => {
      if (!existsSync(STANDALONE))
        throw new Failure(`${STANDALONE} is not there: build it first, with \`pnpm build\`.`);
      Object.assign(process.env, environmentOf(options, io.cwd));
      if (options.json === true) announceAsJson(io.stdout);
      // In this very process: signals, exit code and memory are the gateway's own.
      await import(pathToFileURL(STANDALONE).href);
    });
}

function environmentOf(options: StartOptions, cwd: string): Record<string, string> {
  const settings = {
    NEARHIT_CONFIG: options.config === undefined ? undefined : resolve(cwd, options.config),
    PORT: options.port?.toString(),
    HOST: options.host,
    NEARHIT_DATA_DIR: options.dataDir,
    LOG_LEVEL: options.logLevel,
  };
  return Object.fromEntries(
    Object.entries(settings).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

/** The gateway says that it is ready by its banner on stdout, which goes to stderr instead. */
function announceAsJson(stdout: Io['stdout']): void {
  const write = stdout.write.bind(stdout);
  stdout.write = (chunk: Uint8Array | string): boolean => {
    const url = /\bready on (https?:\/\/\S+)/.exec(String(chunk))?.[1];
    if (url !== undefined) write(`${JSON.stringify({ url, pid: process.pid })}\n`);
    return process.stderr.write(chunk);
  };
}
