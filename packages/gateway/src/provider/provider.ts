import type { ModelInfo, NearhitError, UpstreamCall, UpstreamFlow } from '@nearhit/core';
import type { ProviderKind } from '../config.ts';
import type { KeyRing } from './key-ring.ts';
import type { Places } from './places.ts';

/** How one call to a provider is made. */
export interface CallSpec {
  /** The provider's name for the model. */
  readonly model: string;
  /** Of the house or of the caller's tenant; undefined: the client's own credential counts. */
  readonly apiKey: string | undefined;
  /** From now to the last byte. */
  readonly totalMs: number;
  readonly batch: boolean;
}

/** What is heard of one call: onHead once, onData any number of times, then onEnd or onError once. Or onError alone. */
export interface CallSink {
  /** `headers`: lower-case names, those of the hop gone. */
  onHead(status: number, headers: Readonly<Record<string, string>>): void;
  onData(chunk: Buffer): void;
  onEnd(): void;
  onError(error: NearhitError): void;
}

/** One place that answers calls. */
export interface Provider {
  readonly id: string;
  readonly kind: ProviderKind;
  readonly baseUrl: string;
  readonly counters: Counters;
  readonly keys: KeyRing;
  readonly places: Places;
  readonly concurrencyMax: number;
  /** For a reply as a whole, however many calls it takes. */
  readonly totalMs: number;
  /** Longest wait for a place. */
  readonly queueMs: number;
  /**
   * One call with one key, on a place that the caller has taken and that is given back when the call is over. Never
   * throws and never calls the sink before it returns.
   */
  send(call: UpstreamCall, spec: CallSpec, sink: CallSink): UpstreamFlow;
  /** Models that it says it has; empty when it does not say. Never rejects. */
  models(): Promise<readonly ModelInfo[]>;
  /** Names from the last `models()`, without asking. */
  knownModels(): readonly string[];
  /** Takes no more; resolves when the calls in flight are done. */
  close(): Promise<void>;
}

/** What a provider of one id has done so far; outlives a change of its configuration. */
export class Counters {
  requests = 0;
  errors = 0;
  inFlight = 0;
}

/** Something that goes on, and a promise for the moment when nothing of it does. */
export class Ongoing {
  #count = 0;
  #waiting: (() => void)[] = [];

  get count(): number {
    return this.#count;
  }

  enter(): void {
    this.#count++;
  }

  leave(): void {
    this.#count--;
    if (this.#count > 0) return;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  ended(): Promise<void> {
    return this.#count === 0 ? Promise.resolve() : new Promise((resolve) => this.#waiting.push(resolve));
  }
}

/** Calls in flight of one provider: their counters, their places. */
export class InFlight {
  readonly #counters: Counters;
  readonly #places: Places;
  readonly #ongoing = new Ongoing();

  constructor(counters: Counters, places: Places) {
    this.#counters = counters;
    this.#places = places;
  }

  enter(): void {
    this.#ongoing.enter();
    this.#counters.inFlight++;
    this.#counters.requests++;
  }

  leave(failed: boolean, batch: boolean): void {
    this.#counters.inFlight--;
    if (failed) this.#counters.errors++;
    this.#places.leave(batch);
    this.#ongoing.leave();
  }

  drained(): Promise<void> {
    return this.#ongoing.ended();
  }
}

/** A flow that is over before it began: the error arrives after send() has returned, unless aborted by then. */
export function failedFlow(sink: { onError(error: NearhitError): void }, error: NearhitError): UpstreamFlow {
  let aborted = false;
  queueMicrotask(() => {
    if (!aborted) sink.onError(error);
  });
  return {
    pause() {},
    resume() {},
    abort() {
      aborted = true;
    },
  };
}
