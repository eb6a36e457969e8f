import { lookup } from 'node:dns/promises';
import type { Observer } from '@nearhit/core';
import { Replica, type ReplicaAddress, type ReplicaSettings } from './replica.ts';

/** All addresses that a host name has now. Rejects when that can't be said. */
export type Resolve = (hostname: string) => Promise<readonly string[]>;

export interface ReplicaSetOptions<Facts> extends Pick<ReplicaSettings<Facts>, 'inspect'> {
  /** For incidents: `embedding`, `cache`. */
  readonly name: string;
  /** Each host name stands for all its addresses. */
  readonly urls: readonly string[];
  readonly observer: Pick<Observer, 'incident'>;
  /** Who can serve has changed, or the facts of one. */
  readonly onChange?: (() => void) | undefined;
  readonly resolve?: Resolve | undefined;
  /** Pause between two look-ups of the host names. Default 3,000. */
  readonly resolveMs?: number | undefined;
  /** Per replica. Default 16. */
  readonly connectionsMax?: number | undefined;
  /** Default 3. */
  readonly failuresMax?: number | undefined;
  /** Default 250. */
  readonly probeMs?: number | undefined;
  /** Longer than a busy service takes to look at itself. Default 1,500. */
  readonly probeTimeoutMs?: number | undefined;
}

export interface ReplicaStatus {
  readonly address: string;
  readonly live: boolean;
  readonly inFlight: number;
  readonly problem?: string | undefined;
}

const systemResolve: Resolve = async (hostname) =>
  (await lookup(hostname, { all: true })).map(({ address }) => address);

/** The replicas of one service: found by name, watched by probes, each with connections of its own. */
export class ReplicaSet<Facts = undefined> {
  readonly #options: ReplicaSetOptions<Facts>;
  readonly #settings: ReplicaSettings<Facts>;
  readonly #urls: readonly URL[];
  readonly #replicas = new Map<string, Replica<Facts>>();
  #live: readonly Replica<Facts>[] = [];
  #unproved = 0;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;
  #settle: (() => void) | undefined;
  readonly #settled: Promise<void>;

  /** Throws TypeError on what is no URL. */
  constructor(options: ReplicaSetOptions<Facts>) {
    this.#options = options;
    this.#urls = options.urls.map((url) => new URL(url));
    this.#settings = {
      inspect: options.inspect,
      connectionsMax: options.connectionsMax ?? 16,
      failuresMax: options.failuresMax ?? 3,
      probeMs: options.probeMs ?? 250,
      probeTimeoutMs: options.probeTimeoutMs ?? 1_500,
      onChange: (replica, problem) => this.#changed(replica, problem),
      onFirstProbe: () => this.#proved(),
    };
    this.#settled = new Promise((resolve) => {
      this.#settle = resolve;
    });
    void this.#discover();
  }

  /** Those that can serve. */
  get live(): readonly Replica<Facts>[] {
    return this.#live;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Every replica that is known, serving or not. */
  status(): ReplicaStatus[] {
    return [...this.#replicas.values()].map(({ address, live, inFlight, problem }) => {
      return { address, live, inFlight, problem };
    });
  }

  /** Why there is no answer, for the log. */
  problems(): string {
    const each = [...this.#replicas.values()].map(({ address, problem }) => `${address}: ${problem ?? 'live'}`);
    return each.length === 0 ? 'no address is known' : each.join(', ');
  }

  /** False when `timeoutMs` passed before one could serve or all had been asked once. Later: at once true. */
  async settled(timeoutMs: number): Promise<boolean> {
    if (this.#settle === undefined) return true;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<boolean>((resolve) => {
      timer = setTimeout(resolve, Math.min(timeoutMs, 2 ** 31 - 1), false);
    });
    const answer = await Promise.race([this.#settled.then(() => true), late]);
    clearTimeout(timer);
    return answer;
  }

  /** Cuts what is under way. May be repeated. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#release();
    this.#live = [];
    const replicas = [...this.#replicas.values()];
    this.#replicas.clear();
    await Promise.all(replicas.map((replica) => replica.close({ cut: true })));
  }

  async #discover(): Promise<void> {
    const found = await Promise.all(this.#urls.map((url) => this.#addressesOf(url)));
    if (this.#closed) return;
    this.#timer = setTimeout(() => void this.#discover(), this.#options.resolveMs ?? 3_000).unref();
    // A name that can't be looked up now keeps the addresses it had.
    if (!found.includes(undefined)) this.#retire(new Set(found.flat().map((address) => keyOf(address))));
    for (const address of found.flat()) if (address !== undefined) this.#admit(address);
    if (this.#unproved === 0) this.#release();
  }

  async #addressesOf(url: URL): Promise<ReplicaAddress[] | undefined> {
    const { protocol, host, port } = url;
    const hostname = url.hostname.replace(/^\[|\]$/g, '');
    const prefix = url.pathname.replace(/\/+$/, '');
    const addresses = await (this.#options.resolve ?? systemResolve)(hostname).catch(() => undefined);
    return addresses?.map((address) => {
      const name = address.includes(':') ? `[${address}]` : address;
      return { origin: `${protocol}//${name}${port === '' ? '' : `:${port}`}`, host, hostname, prefix };
    });
  }

  #retire(wanted: ReadonlySet<string>): void {
    for (const [key, replica] of this.#replicas) {
      if (wanted.has(key)) continue;
      this.#replicas.delete(key);
      replica.close({ cut: false }).catch(() => undefined);
    }
    this.#refresh();
  }

  #admit(address: ReplicaAddress): void {
    const key = keyOf(address);
    if (this.#replicas.has(key)) return;
    this.#unproved += 1;
    this.#replicas.set(key, new Replica(address, this.#settings));
  }

  #changed(replica: Replica<Facts>, problem: string | undefined): void {
    if (this.#closed) return;
    if (problem !== undefined) {
      this.#options.observer.incident(`${this.#options.name}-replica-out`, { replica: replica.address, problem });
    }
    this.#refresh();
    if (this.#live.length > 0) this.#release();
  }

  #refresh(): void {
    this.#live = [...this.#replicas.values()].filter((replica) => replica.live);
    this.#options.onChange?.();
  }

  #proved(): void {
    this.#unproved -= 1;
    if (this.#unproved === 0) this.#release();
  }

  #release(): void {
    this.#settle?.();
    this.#settle = undefined;
  }
}

const keyOf = (address: ReplicaAddress | undefined): string => `${address?.origin}${address?.prefix}`;
