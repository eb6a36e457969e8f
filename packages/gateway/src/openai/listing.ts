import type { ModelInfo } from '@nearhit/core';
import type { Pool } from 'undici';
import { authorizationOf, USER_AGENT } from '../headers.ts';

const TIMEOUT_MS = 2_000;
const FRESH_MS = 60_000;
const FRESH_AFTER_FAILURE_MS = 5_000;
const BYTES_MAX = 4 * 1024 * 1024;

/** What a provider says at GET /models, kept a minute. A provider that fails or says nonsense keeps its last list. */
export class ModelListing {
  known: readonly ModelInfo[] = [];
  readonly #pool: Pool;
  readonly #path: string;
  readonly #provider: string;
  readonly #now: () => number;
  #freshUntilMs = Number.NEGATIVE_INFINITY;
  #asking: Promise<readonly ModelInfo[]> | undefined;

  constructor(pool: Pool, path: string, provider: string, now: () => number) {
    this.#pool = pool;
    this.#path = path;
    this.#provider = provider;
    this.#now = now;
  }

  models(apiKey: string | undefined): Promise<readonly ModelInfo[]> {
    if (this.#now() < this.#freshUntilMs) return Promise.resolve(this.known);
    this.#asking ??= this.#ask(apiKey).finally(() => {
      this.#asking = undefined;
    });
    return this.#asking;
  }

  async #ask(apiKey: string | undefined): Promise<readonly ModelInfo[]> {
    try {
      this.known = await this.#fetch(apiKey);
      this.#freshUntilMs = this.#now() + FRESH_MS;
    } catch {
      this.#freshUntilMs = this.#now() + FRESH_AFTER_FAILURE_MS;
    }
    return this.known;
  }

  async #fetch(apiKey: string | undefined): Promise<ModelInfo[]> {
    const authorization = authorizationOf(apiKey, undefined);
    const { statusCode, body } = await this.#pool.request({
      path: this.#path,
      method: 'GET',
      headers: {
        accept: 'application/json',
        'accept-encoding': 'identity',
        'user-agent': USER_AGENT,
        ...(authorization === undefined ? {} : { authorization }),
      },
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const chunks: Buffer[] = [];
    let bytes = 0;
    for await (const chunk of body as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > BYTES_MAX) throw new Error('the list of models is too long');
      chunks.push(chunk);
    }
    if (statusCode !== 200) throw new Error(`status ${statusCode}`);
    const { data } = JSON.parse(Buffer.concat(chunks).toString()) as { data: { id?: unknown; created?: unknown }[] };
    return data.flatMap(({ id, created }) =>
      typeof id === 'string' && id !== ''
        ? [{ id, provider: this.#provider, created: Number.isSafeInteger(created) ? (created as number) : 0 }]
        : [],
    );
  }
}
