import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { request } from 'undici';
import { until } from './until.ts';

export type ServiceName = 'ingress' | 'embedding' | 'cache' | 'worker';

/** What services of the tests show one another. */
export const INTERNAL_TOKEN = 'test-internal-token';
/** Several processes start at once, on a machine that tests keep busy. */
const START_MS = 60_000;

/** The compiled processes: build before testing. */
const mainOf = (service: ServiceName): string => fileURLToPath(new URL(`../../dist/${service}.js`, import.meta.url));

export interface ServiceProcessOptions {
  readonly service: ServiceName;
  readonly port: number;
  readonly cwd: string;
  readonly env: Record<string, string>;
}

/** One service as a process of its own, to be killed, stopped and started again on the same port. */
export class ServiceProcess {
  readonly service: ServiceName;
  readonly url: string;
  stderr = '';
  readonly #options: ServiceProcessOptions;
  #process: ChildProcess | undefined;

  constructor(options: ServiceProcessOptions) {
    this.#options = options;
    this.service = options.service;
    this.url = `http://127.0.0.1:${options.port}`;
  }

  get running(): boolean {
    return this.#process !== undefined && this.#process.exitCode === null && this.#process.signalCode === null;
  }

  /** Without waiting for it to serve. */
  spawn(): void {
    const { PATH = '', HOME = '' } = process.env;
    const { service, port, cwd, env } = this.#options;
    const child = spawn(process.execPath, [mainOf(service)], {
      cwd,
      env: { PATH, HOME, PORT: String(port), LOG_LEVEL: 'warn', ...env },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    child.stderr?.on('data', (piece: Buffer) => (this.stderr += piece.toString()));
    this.#process = child;
  }

  async start(): Promise<this> {
    this.spawn();
    await this.ready();
    return this;
  }

  /** Resolves when /readyz says so. */
  async ready(): Promise<void> {
    await until(
      `${this.service} is ready`,
      async () => {
        if (!this.running) throw new Error(`${this.service} ended: ${this.stderr}`);
        const { statusCode, body } = await request(`${this.url}/readyz`);
        await body.dump();
        return statusCode === 200;
      },
      START_MS,
    );
  }

  /** Resolves when it reaches everything that it needs. */
  async whole(): Promise<void> {
    await until(
      `nothing of ${this.service} is degraded`,
      async () => {
        const { body } = await request(`${this.url}/readyz`);
        const { degraded } = (await body.json()) as { degraded: string[] };
        return degraded.length === 0;
      },
      START_MS,
    );
  }

  /** It outlives this process, which need not wait for it. Answers its id. */
  leave(): number {
    this.#process?.unref();
    (this.#process?.stderr as Socket | null | undefined)?.unref();
    return this.#process?.pid as number;
  }

  signal(signal: NodeJS.Signals): void {
    this.#process?.kill(signal);
  }

  /** Resolves when it is gone, to its exit code or signal. */
  async end(signal: NodeJS.Signals): Promise<number | NodeJS.Signals | null> {
    const child = this.#process;
    if (child === undefined || !this.running) return child?.exitCode ?? child?.signalCode ?? null;
    const gone = once(child, 'exit');
    child.kill(signal);
    child.kill('SIGCONT');
    const [code, by] = await gone;
    return code ?? by;
  }
}
