import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '@nearhit/config';
import { type Standalone, startStandalone } from '@nearhit/standalone';
import pino from 'pino';
import { request } from 'undici';

export const ADMIN_TOKEN = 'test-admin-token';

export interface Reply {
  readonly status: number;
  readonly headers: Record<string, string | undefined>;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what it expects to be there
  readonly json: any;
}

/** The standalone process's insides, in this process, on real sockets, LMDB and the real model. */
export class Gateway {
  readonly dataDir: string;
  readonly #env: Record<string, string>;
  #running: Standalone | undefined;

  private constructor(dataDir: string, env: Record<string, string>) {
    this.dataDir = dataDir;
    this.#env = env;
  }

  static async start(env: Record<string, string> = {}): Promise<Gateway> {
    const gateway = new Gateway(mkdtempSync(join(tmpdir(), 'nearhit-e2e-')), env);
    await gateway.open();
    return gateway;
  }

  async open(): Promise<void> {
    const env = {
      PORT: '0',
      NEARHIT_DATA_DIR: this.dataDir,
      NEARHIT_ADMIN_TOKEN: ADMIN_TOKEN,
      LOG_LEVEL: 'silent',
      ...this.#env,
    };
    this.#running = await startStandalone(loadConfig({ env, cwd: this.dataDir }), pino({ level: 'silent' }));
  }

  async shut(): Promise<void> {
    await this.#running?.close();
    this.#running = undefined;
  }

  async restart(): Promise<void> {
    await this.shut();
    await this.open();
  }

  async close(): Promise<void> {
    await this.shut();
    rmSync(this.dataDir, { recursive: true, force: true });
  }

  get url(): string {
    if (this.#running === undefined) throw new Error('the gateway is not running');
    return this.#running.url;
  }

  async send(
    method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Reply> {
    const response = await request(`${this.url}${path}`, {
      method,
      headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
      body: body === undefined ? null : typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body),
    });
    const text = await response.body.text();
    return {
      status: response.statusCode,
      headers: response.headers as Record<string, string>,
      text,
      get json() {
        return JSON.parse(text);
      },
    };
  }

  /** A question in a body of its own; `more` goes into the body. */
  ask(question: string, more: Record<string, unknown> = {}, headers: Record<string, string> = {}): Promise<Reply> {
    return this.send(
      'POST',
      '/v1/chat/completions',
      { model: 'm', messages: [{ role: 'user', content: question }], ...more },
      headers,
    );
  }

  admin(method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, body?: unknown): Promise<Reply> {
    return this.send(method, `/admin/v1${path}`, body, { authorization: `Bearer ${ADMIN_TOKEN}` });
  }

  async flush(): Promise<void> {
    const { status } = await this.admin('POST', '/flush');
    if (status >= 300) throw new Error(`flush: ${status}`);
  }
}

export const cacheOf = ({ headers }: Reply) => ({
  cache: headers['x-nearhit-cache'],
  layer: headers['x-nearhit-layer'],
  reason: headers['x-nearhit-reason'],
});
