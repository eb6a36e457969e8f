import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { ADMIN_TOKEN, GatewayClient } from './client.ts';
import { sharedEmbeddingEnv, wantsItsOwn } from './shared-embedding.ts';

/** The compiled process: build before testing. */
const MAIN = fileURLToPath(new URL('../../dist/standalone.js', import.meta.url));

export interface ChildOptions {
  /** Working folder; its nearhit.yaml counts, and its `.nearhit` is the data folder. */
  readonly cwd: string;
  readonly env?: Record<string, string>;
  /** Whether it loads a model itself, as it does by default, or asks the service that all tests of a run share. */
  readonly embedding?: 'own' | 'shared';
}

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** `node dist/standalone.js` as a process of its own, to be killed and started again. */
export class ChildGateway extends GatewayClient {
  stdout = '';
  stderr = '';
  /** Resolves when the process is gone and its output is read. */
  readonly ended: Promise<Ended>;
  readonly #process: ChildProcess;
  #url: string | undefined;

  private constructor({ cwd, env }: ChildOptions) {
    super();
    const { PATH = '', HOME = '' } = process.env;
    const own = { PORT: '0', NEARHIT_ADMIN_TOKEN: ADMIN_TOKEN, LOG_LEVEL: 'warn', ...env };
    this.#process = spawn(process.execPath, [MAIN], { cwd, env: { PATH, HOME, ...own }, stdio: 'pipe' });
    this.#process.stdout?.on('data', (piece: Buffer) => (this.stdout += piece.toString()));
    this.#process.stderr?.on('data', (piece: Buffer) => (this.stderr += piece.toString()));
    this.ended = once(this.#process, 'close').then(([code, signal]) => ({ code, signal }));
  }

  /** Without waiting for it to listen. */
  static spawn(options: ChildOptions): ChildGateway {
    return new ChildGateway(options);
  }

  /** Resolves when it listens; rejects with its stderr when it ends before. */
  static async start(options: ChildOptions): Promise<ChildGateway> {
    const wantsShared = options.embedding === 'shared' && !wantsItsOwn(options.env ?? {});
    const shared = wantsShared ? await sharedEmbeddingEnv() : {};
    const child = new ChildGateway({ ...options, env: { ...shared, ...options.env } });
    await child.#listening();
    return child;
  }

  get url(): string {
    if (this.#url === undefined) throw new Error('the gateway does not listen yet');
    return this.#url;
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  signal(signal: NodeJS.Signals): void {
    this.#process.kill(signal);
  }

  /** Ends it the hard way, if it has not ended yet. */
  async kill(): Promise<Ended> {
    if (this.#process.exitCode === null && this.#process.signalCode === null) this.#process.kill('SIGKILL');
    return this.ended;
  }

  #listening(): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = () => {
        this.#url ??= /ready on (http:\S+)/.exec(this.stdout)?.[1];
        if (this.#url === undefined) return;
        this.#process.stdout?.off('data', look);
        resolve();
      };
      this.#process.stdout?.on('data', look);
      void this.ended.then(({ code, signal }) =>
        reject(new Error(`the gateway ended with ${code ?? signal}: ${this.stderr}`)),
      );
    });
  }
}
