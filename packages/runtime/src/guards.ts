import { type Embedder, type LimitStore, type NearestIndex, NearhitError, type ResponseStore } from '@nearhit/core';
import type { Breaker } from './breaker.ts';

type Reads = Pick<ResponseStore, 'get' | 'getMany' | 'identify'>;

/** Reads through the breaker; everything else as it is. */
export function guardStore<S extends Reads>(store: S, breaker: Breaker): Reads {
  return {
    get: (id) => breaker.run(() => store.get(id)),
    // Asked in one turn with `get`: a failure counts once.
    identify: async (identity) => (breaker.open ? undefined : store.identify(identity)),
    getMany: (ids) => breaker.run(() => store.getMany(ids)),
  };
}

/** Look-ups through the breaker; what has no deadline is nobody's look-up and may take its time. */
export function guardEmbedder(embedder: Embedder, breaker: Breaker): Embedder {
  return {
    get model() {
      return embedder.model;
    },
    embed: (texts, options) =>
      options?.deadlineMs === undefined
        ? embedder.embed(texts, options)
        : breaker.run(() => embedder.embed(texts, options)),
    close: () => embedder.close(),
  };
}

export function guardNearest(index: Pick<NearestIndex, 'nearest'>, breaker: Breaker): Pick<NearestIndex, 'nearest'> {
  return { nearest: (query) => breaker.run(() => index.nearest(query)) };
}

/** What a request waits for, through the breaker; what is booked after it may take its time. */
export function guardLimits(limits: LimitStore, breaker: Breaker): LimitStore {
  return {
    enter: (...asked) => breaker.run(() => limits.enter(...asked)),
    reserve: (...asked) => breaker.run(() => limits.reserve(...asked)),
    settle: (settlement) => limits.settle(settlement),
    renew: (leases) => limits.renew(leases),
    use: (...asked) => limits.use(...asked),
  };
}

/** What the caller did wrong says nothing of the service. */
export function isDependencyFault(error: unknown): boolean {
  return !(error instanceof NearhitError && error.kind === 'INVALID_REQUEST');
}
