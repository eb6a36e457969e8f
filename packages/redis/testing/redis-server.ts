import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const COMMANDS = ['redis-server', 'valkey-server'];
const HOW =
  'no redis-server was found: install one (Debian, Ubuntu: apt-get install redis-server; macOS: brew install redis)';

function command(): string {
  const found = COMMANDS.find((name) => spawnSync(name, ['--version']).status === 0);
  if (found === undefined) throw new Error(HOW);
  return found;
}

/** Below those that the system gives to connections and to whoever asks for any port. */
const PORTS_FROM = 20_000;
const PORTS_EACH = 1_000;
const WORKERS_MAX = 12;
const worker = Number(process.env.JEST_WORKER_ID ?? 0) % WORKERS_MAX;
let handedOut = Math.floor(Math.random() * PORTS_EACH);

/** A port that nobody listens on, and that no other Jest worker hands out: it is still free when a process starts on it. */
export async function freePort(): Promise<number> {
  for (let tried = 0; tried < PORTS_EACH; tried++) {
    const port = PORTS_FROM + worker * PORTS_EACH + (handedOut++ % PORTS_EACH);
    if (await isFree(port)) return port;
  }
  throw new Error(`no port is free from ${PORTS_FROM + worker * PORTS_EACH} on`);
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    await once(server.listen(port, '127.0.0.1'), 'listening');
  } catch {
    return false;
  }
  await new Promise((resolve) => server.close(resolve));
  return true;
}

export interface RedisServerOptions {
  /** More of the command line, for example `['--appendonly', 'yes']`. */
  readonly args?: readonly string[];
}

/** A real redis-server on a spare port with a folder of its own; it can be killed, stopped and started again. */
export class RedisServer {
  readonly port: number;
  readonly dir: string;
  readonly #args: readonly string[];
  readonly #sentinelConfig: string | undefined;
  #process: ChildProcess | undefined;

  private constructor(port: number, dir: string, args: readonly string[], sentinelConfig?: string) {
    this.port = port;
    this.dir = dir;
    this.#args = args;
    this.#sentinelConfig = sentinelConfig;
  }

  static async start({ args = [] }: RedisServerOptions = {}): Promise<RedisServer> {
    const server = new RedisServer(await freePort(), mkdtempSync(join(tmpdir(), 'nearhit-redis-')), args);
    await server.run();
    return server;
  }

  /** A Sentinel on this configuration file, which it writes to. */
  static async sentinel(config: string): Promise<RedisServer> {
    const server = new RedisServer(await freePort(), mkdtempSync(join(tmpdir(), 'nearhit-redis-')), [], config);
    await server.run();
    return server;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Resolves when it takes commands. */
  async run(): Promise<void> {
    const where = ['--port', String(this.port), '--bind', '127.0.0.1', '--dir', this.dir];
    const args =
      this.#sentinelConfig === undefined
        ? [...where, '--save', '', ...this.#args]
        : [this.#sentinelConfig, ...where, '--sentinel'];
    const child = spawn(command(), args, { stdio: ['ignore', 'pipe', 'ignore'] });
    this.#process = child;
    let out = '';
    await new Promise<void>((resolve, reject) => {
      child.stdout.on('data', (piece: Buffer) => {
        out += piece.toString();
        if (/Ready to accept connections|Sentinel ID is/.test(out)) resolve();
      });
      child.once('exit', () => reject(new Error(`redis-server ended: ${out.slice(-500)}`)));
    });
    child.stdout.removeAllListeners('data');
    child.stdout.resume();
  }

  /** SIGSTOP is a black hole: connections stay, nothing answers. */
  signal(signal: NodeJS.Signals): void {
    this.#process?.kill(signal);
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    child.kill(signal);
    if (signal !== 'SIGKILL') child.kill('SIGCONT');
    await once(child, 'exit');
  }

  /** Ends it and removes its folder. */
  async close(): Promise<void> {
    await this.kill();
    rmSync(this.dir, { recursive: true, force: true });
  }
}
