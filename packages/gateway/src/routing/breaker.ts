import type { BreakerConfig } from '../config.ts';

export type BreakerState = 'closed' | 'open' | 'half-open';

/**
 * Of one target. Closed until `failures` calls in a row have failed; open for `openMs`; then half-open: one call finds out
 * whether it is well again. Why it is not a library's: docs/decisions/0011-routing.md.
 */
export class CircuitBreaker {
  config: BreakerConfig;
  #inARow = 0;
  /** The first failure of these. */
  #failingSinceMs = 0;
  #openedAtMs: number | undefined;
  #probing = false;

  constructor(config: BreakerConfig) {
    this.config = config;
  }

  state(nowMs: number): BreakerState {
    if (this.#openedAtMs === undefined) return 'closed';
    return nowMs - this.#openedAtMs < this.config.openMs ? 'open' : 'half-open';
  }

  /** False: open, or half-open with its one call on its way. */
  allows(nowMs: number): boolean {
    return this.#openedAtMs === undefined || (!this.#probing && this.state(nowMs) === 'half-open');
  }

  /** It has been failing for longer than it stays open: not just moody. */
  isDead(nowMs: number): boolean {
    return this.#openedAtMs !== undefined && nowMs - this.#failingSinceMs > this.config.openMs;
  }

  /** A call begins. True: it is the one that finds out; how it ended must be told. */
  begin(nowMs: number): boolean {
    if (this.#openedAtMs === undefined || !this.allows(nowMs)) return false;
    this.#probing = true;
    return true;
  }

  /** A call that was sent although it is open counts as much as the one that finds out. */
  succeeded(probe: boolean): void {
    if (probe) this.#probing = false;
    this.#inARow = 0;
    this.#openedAtMs = undefined;
  }

  failed(probe: boolean, nowMs: number): void {
    if (probe) this.#probing = false;
    if (this.#inARow === 0) this.#failingSinceMs = nowMs;
    this.#inARow++;
    if (!probe && this.#openedAtMs !== undefined) return;
    if (probe || this.#inARow >= this.config.failures) this.#openedAtMs = nowMs;
  }

  /** A call ended without saying anything of its target. */
  undecided(probe: boolean): void {
    if (probe) this.#probing = false;
  }
}
