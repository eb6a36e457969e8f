import type { ModelInfo } from '@nearhit/core';
import type { Pool } from 'undici';
import { USER_AGENT } from './headers.ts';
import type { Wire } from './wire.ts';

const TIMEOUT_MS = 2_000;
const FRESH_MS = 60_000;
const FRESH_AFTER_FAILURE_MS = 5_000;
const BYTES_MAX = 4 * 1024 * 1024;

/** What a provider says of its models, kept a minute. A provider that fails or says nonsense keeps its last list. */
export class ModelListing {
  known: readonly ModelInfo[] = [];
  readonly #pool: Pool;
  readonly #wire: Wire['listing'];
  readonly #prefix: string;
  readonly #provider: string;
  readonly #now: () => number;
  #freshUntilMs = Number.NEGATIVE_INFINITY;
  #asking: Promise<readonly ModelInfo[]> | undefined;

  constructor(pool: Pool, wire: Wire, prefix: string, provider: string, now: () => number) {
    this.#pool = pool;
    this.#wire = wire.listing;
    this.#prefix = prefix;
    this.#provider = provider;
    this.#now = now;
  }

  models(apiKey: string | undefined): Promise<readonly ModelInfo[]> {
    if (this.#wire === undefined || this.#now() < this.#freshUntilMs) return Promise.resolve(this.known);
    this.#asking ??= this.#ask(apiKey).finally(() => {
      this.#asking = undefined;
    });
    return this.#asking;
  }

  async #ask(apiKey: string | undefined): Promise<readonly ModelInfo[]> {
    try {
      this.known = await this.#fetch(this.#wire as NonNullable<Wire['listing']>, apiKey);
      this.#freshUntilMs = this.#now() + FRESH_MS;
    } catch {
      this.#freshUntilMs = this.#now() + FRESH_AFTER_FAILURE_MS;
    }
    return this.known;
  }

  async #fetch(wire: NonNullable<Wire['listing']>, apiKey: string | undefined): Promise<ModelInfo[]> {
    const { statusCode, body } = await this.#pool.request({
      path: wire.path(this.#prefix),
      method: 'GET',
      headers: {
        accept: 'application/json',
        'accept-encoding': 'identity',
        'user-agent': USER_AGENT,
        ...wire.headers(apiKey),
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
    const answer: unknown = JSON.parse(Buffer.concat(chunks).toString());
    return wire.read(answer).map((model) => ({ ...model, provider: this.#provider }));
  }
}
