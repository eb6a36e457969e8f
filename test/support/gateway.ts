import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '@nearhit/config';
import { type Standalone, startStandalone } from '@nearhit/standalone';
import pino from 'pino';
import { ADMIN_TOKEN, GatewayClient, PATIENT } from './client.ts';
import { sharedEmbeddingEnv, wantsItsOwn } from './shared-embedding.ts';

export { ADMIN_TOKEN, cacheOf } from './client.ts';

/** The standalone process's insides, in this process, on real sockets, LMDB and the real model, which other tests use too. */
export class Gateway extends GatewayClient {
  readonly dataDir: string;
  env: Record<string, string>;
  #running: Standalone | undefined;
  readonly #besides: Gateway[] = [];

  private constructor(dataDir: string, env: Record<string, string>) {
    super();
    this.dataDir = dataDir;
    this.env = env;
  }

  /** `yaml`: what stands in its nearhit.yaml. */
  static async start(env: Record<string, string> = {}, yaml = PATIENT): Promise<Gateway> {
    const gateway = new Gateway(mkdtempSync(join(tmpdir(), 'nearhit-e2e-')), env);
    writeFileSync(join(gateway.dataDir, 'nearhit.yaml'), yaml);
    await gateway.open();
    return gateway;
  }

  async open(): Promise<void> {
    const env = {
      ...(wantsItsOwn(this.env) ? {} : await sharedEmbeddingEnv()),
      PORT: '0',
      NEARHIT_DATA_DIR: this.dataDir,
      NEARHIT_ADMIN_TOKEN: ADMIN_TOKEN,
      LOG_LEVEL: 'silent',
      ...this.env,
    };
    this.#running = await startStandalone(loadConfig({ env, cwd: this.dataDir }), pino({ level: 'silent' }));
  }

  async shut(): Promise<void> {
    await this.#running?.close();
    this.#running = undefined;
  }

  /** Started again. */
  async afresh(): Promise<void> {
    await this.shut();
    await this.open();
  }

  /** One more, on a configuration and data of its own; closed with this one. */
  async beside(yaml: string): Promise<Gateway> {
    const gateway = await Gateway.start({}, yaml);
    this.#besides.push(gateway);
    return gateway;
  }

  async close(): Promise<void> {
    await Promise.all(this.#besides.map((one) => one.close()));
    await this.shut();
    rmSync(this.dataDir, { recursive: true, force: true });
  }

  get url(): string {
    if (this.#running === undefined) throw new Error('the gateway is not running');
    return this.#running.url;
  }
}
