import type { ModelInfo, UpstreamCall, UpstreamFlow, UpstreamSink } from '@nearhit/core';

/** One place that answers calls. The same promises as `Upstream.send`, for a route already chosen. */
export interface Provider {
  readonly id: string;
  readonly kind: string;
  readonly baseUrl: string;
  readonly counters: Counters;
  readonly usesClientCredential: boolean;
  /** `model`: the provider's name for it. */
  send(call: UpstreamCall, model: string, sink: UpstreamSink): UpstreamFlow;
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

/** Calls in flight of one provider, and a promise for the moment when there is none. */
export class InFlight {
  readonly #counters: Counters;
  #count = 0;
  #waiting: (() => void)[] = [];

  constructor(counters: Counters) {
    this.#counters = counters;
  }

  get count(): number {
    return this.#count;
  }

  enter(): void {
    this.#count++;
    this.#counters.inFlight++;
    this.#counters.requests++;
  }

  leave(failed: boolean): void {
    this.#count--;
    this.#counters.inFlight--;
    if (failed) this.#counters.errors++;
    if (this.#count > 0) return;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  drained(): Promise<void> {
    return this.#count === 0 ? Promise.resolve() : new Promise((resolve) => this.#waiting.push(resolve));
  }
}

/** A flow that is over before it began: the error arrives after send() has returned, unless aborted by then. */
export function failedFlow(sink: UpstreamSink, error: Parameters<UpstreamSink['onError']>[0]): UpstreamFlow {
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
