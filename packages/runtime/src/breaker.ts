import { type Observer, within } from '@nearhit/core';
import CircuitBreaker from 'opossum';

export interface BreakerOptions {
  /** For the metrics and the log: `redis`, `embedding`, `cache`. */
  readonly name: string;
  /** A call that takes longer has failed. */
  readonly timeoutMs: number;
  /** Asks whether the dependency is back, on nobody's account. */
  readonly probe: () => Promise<unknown>;
  readonly observer: Pick<Observer, 'incident'>;
  /** So many failures in a row open it. Default 5. */
  readonly failuresMax?: number | undefined;
  /** Pause before each probe. Default 500. */
  readonly probeMs?: number | undefined;
  /** False: the caller's own fault, which says nothing of the dependency. */
  readonly counts?: ((error: unknown) => boolean) | undefined;
}

/** Around a dependency that may be away: after the first failures a call costs nothing, and a probe finds out when to go on. */
export interface Breaker {
  readonly name: string;
  readonly open: boolean;
  /** Of the calls from now on. */
  timeoutMs: number;
  /** Rejects at once while open. */
  run<T>(work: () => Promise<T>): Promise<T>;
  close(): void;
}

type Work = () => Promise<unknown>;

export function createBreaker(options: BreakerOptions): Breaker {
  const { name, timeoutMs, probe, observer, failuresMax = 5, probeMs = 500, counts } = options;
  let callMs = timeoutMs;
  const late = () => new Error(`timed out after ${callMs} ms`);
  const circuit = new CircuitBreaker((work: Work) => within(work(), callMs, late), {
    name,
    // Its own can't be changed any more.
    timeout: false,
    resetTimeout: probeMs,
    // Failures in a row decide: under much traffic a share of the last seconds would notice too late, under little never.
    errorThresholdPercentage: 100,
    volumeThreshold: Number.MAX_SAFE_INTEGER,
    rollingPercentilesEnabled: false,
    enableSnapshots: false,
    ...(counts && { errorFilter: (error: unknown) => !counts(error) }),
  });
  let inARow = 0;
  circuit.on('success', () => {
    inARow = 0;
  });
  circuit.on('failure', () => {
    inARow += 1;
    if (inARow < failuresMax || !circuit.closed) return;
    circuit.open();
    // Not at its event, which comes again at each probe that fails.
    observer.incident(`breaker-open:${name}`);
  });
  // The first call in this state is the test: it must not be a request's.
  circuit.on('halfOpen', () => void circuit.fire(probe).catch(() => undefined));
  return {
    name,
    get open() {
      return !circuit.closed;
    },
    get timeoutMs() {
      return callMs;
    },
    set timeoutMs(ms) {
      callMs = ms;
    },
    run: <T>(work: () => Promise<T>) => circuit.fire(work) as Promise<T>,
    close: () => circuit.shutdown(),
  };
}
