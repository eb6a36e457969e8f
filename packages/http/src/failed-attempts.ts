import { isIPv6 } from 'node:net';
import { RecentMap } from '@nearhit/core';

const WINDOW_MS = 60_000;
const ATTEMPTS_MAX = 100;
const ADDRESSES_MAX = 10_000;

export interface FailedAttemptsOptions {
  readonly attemptsMax?: number | undefined;
  readonly addressesMax?: number | undefined;
  /** Milliseconds that never jump. */
  readonly ticks?: (() => number) | undefined;
}

interface Window {
  count: number;
  readonly endsAt: number;
}

/** How often wrong keys came from where, in windows of a minute. Bounded: the last addresses are remembered. */
export class FailedAttempts {
  readonly #windows: RecentMap<Window>;
  readonly #attemptsMax: number;
  readonly #ticks: () => number;

  constructor(options: FailedAttemptsOptions = {}) {
    this.#attemptsMax = options.attemptsMax ?? ATTEMPTS_MAX;
    this.#windows = new RecentMap(options.addressesMax ?? ADDRESSES_MAX);
    this.#ticks = options.ticks ?? (() => performance.now());
  }

  /** For how long nothing more is tried for this address; 0: it may try. */
  blockedMs(address: string | undefined): number {
    const window = this.#windows.get(networkOf(address));
    if (window === undefined || window.count < this.#attemptsMax) return 0;
    return Math.max(0, window.endsAt - this.#ticks());
  }

  note(address: string | undefined): void {
    const network = networkOf(address);
    const ticks = this.#ticks();
    const window = this.#windows.get(network);
    if (window !== undefined && ticks < window.endsAt) {
      window.count += 1;
      return;
    }
    this.#windows.set(network, { count: 1, endsAt: ticks + WINDOW_MS });
  }
}

/** One who has an IPv6 address has 2^64 of them. */
function networkOf(address = ''): string {
  const mapped = address.replace(/^::ffff:(?=\d+\.)/i, '');
  if (!isIPv6(mapped)) return mapped;
  const [head = '', tail] = mapped.split('::');
  const first = head === '' ? [] : head.split(':');
  const last = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? [] : Array.from({ length: 8 - first.length - last.length }, () => '0');
  return [...first, ...zeros, ...last].slice(0, 4).join(':');
}
