import { type ModelInfo, NearhitError, type UpstreamCall, type UpstreamFlow, type UpstreamSink } from '@nearhit/core';
import { Pool } from 'undici';
import type { ProviderConfig, RetryConfig } from '../config.ts';
import { parseBaseUrl } from './base-url.ts';
import { type CallSetup, HttpCall } from './call.ts';
import { ModelListing } from './listing.ts';
import { type Counters, failedFlow, InFlight, type Provider } from './provider.ts';
import type { Wire } from './wire.ts';

/** Longer than undici's 4 s: a TLS handshake per call costs more than a connection closed under us, which is retried. */
const KEEP_ALIVE_MS = 30_000;
/** Calls that may wait for a connection, per connection. */
const WAITING_PER_CONNECTION_MAX = 10;

/** A provider behind a socket, spoken to in its own dialect. Throws TypeError when the base URL can't be used. */
export class HttpProvider implements Provider {
  readonly kind: string;
  readonly id: string;
  readonly baseUrl: string;
  readonly counters: Counters;
  readonly #config: ProviderConfig;
  readonly #wire: Wire;
  readonly #prefix: string;
  readonly #pool: Pool;
  readonly #inFlight: InFlight;
  readonly #setup: CallSetup;
  readonly #listing: ModelListing;
  #keyTurn = 0;
  #closed = false;

  constructor(
    config: ProviderConfig,
    wire: Wire,
    options: { retry: RetryConfig; counters: Counters; now: () => number; random: () => number },
  ) {
    const { origin, prefix } = parseBaseUrl(config.baseUrl);
    const { timeoutsMs } = config;
    this.id = config.id;
    this.kind = config.kind;
    this.#wire = wire;
    this.baseUrl = config.baseUrl;
    this.counters = options.counters;
    this.#config = config;
    this.#prefix = prefix;
    this.#inFlight = new InFlight(options.counters);
    this.#pool = new Pool(origin, {
      connections: config.concurrencyMax,
      pipelining: 1,
      connect: { timeout: timeoutsMs.connect },
      headersTimeout: timeoutsMs.firstByte,
      bodyTimeout: timeoutsMs.idle,
      keepAliveTimeout: KEEP_ALIVE_MS,
    });
    this.#setup = {
      provider: { id: config.id, origin },
      pool: this.#pool,
      inFlight: this.#inFlight,
      timeoutsMs,
      concurrencyMax: config.concurrencyMax,
      retry: options.retry,
      random: options.random,
    };
    this.#listing = new ModelListing(this.#pool, wire, prefix, config.id, options.now);
  }

  get usesClientCredential(): boolean {
    return this.#config.apiKeys.length === 0;
  }

  send(call: UpstreamCall, model: string, sink: UpstreamSink): UpstreamFlow {
    if (this.#closed)
      return failedFlow(sink, new NearhitError('SHUTTING_DOWN', `Provider ${this.id} is being shut down.`));
    if (this.#inFlight.count >= this.#config.concurrencyMax * (1 + WAITING_PER_CONNECTION_MAX)) {
      return failedFlow(sink, new NearhitError('UPSTREAM_BUSY', `Provider ${this.id}: too many calls are waiting.`));
    }
    const wire = this.#wire;
    try {
      const request = wire.request(call, { model, apiKey: this.#nextKey(), prefix: this.#prefix });
      return new HttpCall(this.#setup, { method: 'POST', ...request }, model, wire.reply?.(call, model), sink);
    } catch (error) {
      return failedFlow(sink, asNearhitError(error));
    }
  }

  models(): Promise<readonly ModelInfo[]> {
    return this.#closed ? Promise.resolve([]) : this.#listing.models(this.#nextKey());
  }

  knownModels(): readonly string[] {
    return this.#listing.known.map((model) => model.id);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#inFlight.drained();
    await this.#pool.close();
  }

  #nextKey(): string | undefined {
    const { apiKeys } = this.#config;
    if (apiKeys.length < 2) return apiKeys[0];
    this.#keyTurn = (this.#keyTurn + 1) % apiKeys.length;
    return apiKeys[this.#keyTurn];
  }
}

function asNearhitError(error: unknown): NearhitError {
  if (error instanceof NearhitError) return error;
  return new NearhitError('INTERNAL', 'The call could not be put into the words of its provider.', { cause: error });
}
