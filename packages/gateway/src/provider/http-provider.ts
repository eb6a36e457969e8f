import { type ModelInfo, NearhitError, type UpstreamCall, type UpstreamFlow } from '@nearhit/core';
import { Pool } from 'undici';
import type { ProviderConfig, ProviderKind } from '../config.ts';
import { parseBaseUrl } from './base-url.ts';
import { type CallSetup, HttpCall } from './call.ts';
import { connectorOf } from './connector.ts';
import { KeyRing } from './key-ring.ts';
import { ModelListing } from './listing.ts';
import { Places } from './places.ts';
import { type CallSink, type CallSpec, type Counters, failedFlow, InFlight, type Provider } from './provider.ts';
import type { Wire } from './wire.ts';

/** Longer than undici's 4 s: a TLS handshake per call costs more than a connection closed under us, which is retried. */
const KEEP_ALIVE_MS = 30_000;

/** A provider behind a socket, spoken to in its own dialect. Throws TypeError when the base URL can't be used. */
export class HttpProvider implements Provider {
  readonly kind: ProviderKind;
  readonly id: string;
  readonly baseUrl: string;
  readonly counters: Counters;
  readonly keys: KeyRing;
  readonly places: Places;
  readonly concurrencyMax: number;
  readonly totalMs: number;
  readonly queueMs: number;
  readonly #wire: Wire;
  readonly #prefix: string;
  readonly #pool: Pool;
  readonly #inFlight: InFlight;
  readonly #setup: CallSetup;
  readonly #listing: ModelListing;
  readonly #elapsed: () => number;
  #closed = false;

  constructor(
    config: ProviderConfig,
    wire: Wire,
    options: { counters: Counters; now: () => number; elapsed: () => number },
  ) {
    const { origin, prefix } = parseBaseUrl(config.baseUrl);
    const { timeoutsMs } = config;
    this.id = config.id;
    this.kind = config.kind;
    this.#wire = wire;
    this.baseUrl = config.baseUrl;
    this.counters = options.counters;
    this.keys = new KeyRing(config.apiKeys);
    this.places = new Places(config.concurrencyMax);
    this.concurrencyMax = config.concurrencyMax;
    this.totalMs = timeoutsMs.total;
    this.queueMs = timeoutsMs.connect + timeoutsMs.firstByte;
    this.#prefix = prefix;
    this.#elapsed = options.elapsed;
    this.#inFlight = new InFlight(options.counters, this.places);
    this.#pool = new Pool(origin, {
      connections: config.concurrencyMax,
      pipelining: 1,
      connect: connectorOf(timeoutsMs.connect),
      headersTimeout: timeoutsMs.firstByte,
      bodyTimeout: timeoutsMs.idle,
      keepAliveTimeout: KEEP_ALIVE_MS,
    });
    this.#setup = {
      provider: { id: config.id, origin },
      pool: this.#pool,
      inFlight: this.#inFlight,
      timeoutsMs,
    };
    this.#listing = new ModelListing(this.#pool, wire, prefix, config.id, options.now);
  }

  send(call: UpstreamCall, spec: CallSpec, sink: CallSink): UpstreamFlow {
    if (this.#closed)
      return this.#refuse(spec, sink, new NearhitError('SHUTTING_DOWN', `Provider ${this.id} is gone.`));
    const wire = this.#wire;
    const { model, apiKey } = spec;
    try {
      const { path, headers, body } = wire.request(call, { model, apiKey, prefix: this.#prefix });
      const request = { method: 'POST' as const, path, headers, body };
      return new HttpCall(this.#setup, request, spec, wire.reply?.(call, model), sink);
    } catch (error) {
      return this.#refuse(spec, sink, asNearhitError(error));
    }
  }

  models(): Promise<readonly ModelInfo[]> {
    return this.#closed ? Promise.resolve([]) : this.#listing.models(this.keys.pick(this.#elapsed()));
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

  /** Before anything was sent. */
  #refuse({ batch }: CallSpec, sink: CallSink, error: NearhitError): UpstreamFlow {
    this.places.leave(batch);
    return failedFlow(sink, error);
  }
}

function asNearhitError(error: unknown): NearhitError {
  if (error instanceof NearhitError) return error;
  return new NearhitError('INTERNAL', 'The call could not be put into the words of its provider.', { cause: error });
}
