import { isIP } from 'node:net';
import { Client, Pool } from 'undici';
import { type Exchange, type ExchangeReply, ExchangeTimeout, RunningExchange } from './exchange.ts';
import { hashOf } from './rendezvous.ts';

/** Where a replica is: one address of one of the configured URLs. */
export interface ReplicaAddress {
  /** `http://10.0.0.3:7002` */
  readonly origin: string;
  /** Of the configured URL, for the host header and TLS. */
  readonly host: string;
  readonly hostname: string;
  /** Path prefix of the configured URL, without a trailing slash. */
  readonly prefix: string;
}

export type Ask = (path: string, headers?: Readonly<Record<string, string>>) => Promise<ExchangeReply>;

export interface ReplicaSettings<Facts> {
  /** Asks a replica whether it can serve, and what else is to be known of it. Rejects: it can't. */
  readonly inspect: (ask: Ask) => Promise<Facts>;
  readonly connectionsMax: number;
  /** Failures in a row that take it out. */
  readonly failuresMax: number;
  /** Pause between two probes of one that is out. */
  readonly probeMs: number;
  readonly probeTimeoutMs: number;
  /** It came, it went, or its facts changed. `problem`: why it went. */
  readonly onChange: (replica: Replica<Facts>, problem?: string) => void;
  /** The first verdict on it. */
  readonly onFirstProbe: () => void;
}

const CONNECT_TIMEOUT_MS = 300;
const KEEP_ALIVE_MS = 60_000;
/** Pause between two probes of one that serves. */
const LIVE_PROBE_MS = 1_000;
/** What was not answered in less time says nothing of the replica. */
const TELLING_TIMEOUT_MS = 20;
const PROBE_BYTES_MAX = 65_536;

const NOBODY_THERE = new Set(['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'EHOSTDOWN']);

/**
 * One process of a service behind one address. It serves from its first good probe on until failures in a row or a probe
 * take it out; a probe brings it back, never a call.
 */
export class Replica<Facts> {
  readonly address: string;
  readonly hash: number;
  readonly #settings: ReplicaSettings<Facts>;
  readonly #prefix: string;
  readonly #host: string;
  readonly #pool: Pool;
  /** A connection of its own: probes must not queue behind calls. */
  readonly #prober: Client;
  readonly #running = new Set<RunningExchange>();
  #facts: Facts | undefined;
  #live = false;
  #probed = false;
  #failures = 0;
  #problem: string | undefined;
  #timer: NodeJS.Timeout | undefined;
  #probing = false;
  #closed = false;

  constructor({ origin, host, hostname, prefix }: ReplicaAddress, settings: ReplicaSettings<Facts>) {
    this.address = origin.slice(origin.indexOf('//') + 2);
    this.hash = hashOf(`${this.address}${prefix}`);
    this.#settings = settings;
    this.#prefix = prefix;
    this.#host = host;
    const options = {
      connect: { timeout: CONNECT_TIMEOUT_MS, ...(isIP(hostname) === 0 && { servername: hostname }) },
      keepAliveTimeout: KEEP_ALIVE_MS,
      pipelining: 1,
    };
    this.#pool = new Pool(origin, { ...options, connections: settings.connectionsMax });
    this.#prober = new Client(origin, options);
    void this.#probe();
  }

  get live(): boolean {
    return this.#live;
  }

  /** As of the last good probe. There while it is live. */
  get facts(): Facts {
    return this.#facts as Facts;
  }

  get inFlight(): number {
    return this.#running.size;
  }

  /** Why it is out, or the last thing that went wrong. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** Rejects as RunningExchange does, and when a probe finds the replica dead meanwhile. */
  async send(exchange: Exchange): Promise<ExchangeReply> {
    const running = new RunningExchange(this.#pool, this.#addressed(exchange));
    this.#running.add(running);
    try {
      const reply = await running.reply;
      if (reply.status < 500) this.#failures = 0;
      else if (reply.status !== 503) this.#fail(`it answered ${reply.status}`);
      return reply;
    } catch (error) {
      if (NOBODY_THERE.has(codeOf(error))) this.suspend(describe(error));
      else if (!(error instanceof ExchangeTimeout && error.timeoutMs < TELLING_TIMEOUT_MS)) this.#fail(describe(error));
      throw error;
    } finally {
      this.#running.delete(running);
    }
  }

  /** Out, until a probe, which follows at once, brings it back. */
  suspend(problem: string): void {
    if (!this.#live) return;
    this.#problem = problem;
    this.#live = false;
    this.#settings.onChange(this, problem);
    this.#probeIn(0);
  }

  /** Takes no more calls. Those under way go on to their end, or are cut. */
  async close(options: { readonly cut: boolean }): Promise<void> {
    this.#closed = true;
    this.#live = false;
    clearTimeout(this.#timer);
    await this.#prober.destroy();
    if (!options.cut) return this.#pool.close();
    this.#abortAll('closed');
    await this.#pool.destroy();
  }

  #addressed(exchange: Exchange): Exchange {
    return {
      ...exchange,
      path: `${this.#prefix}${exchange.path}`,
      headers: { ...exchange.headers, host: this.#host },
    };
  }

  #fail(problem: string): void {
    this.#failures += 1;
    this.#problem = problem;
    if (this.#failures >= this.#settings.failuresMax) this.suspend(problem);
  }

  #probeIn(ms: number): void {
    if (this.#closed || this.#probing) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#probe(), ms).unref();
  }

  async #probe(): Promise<void> {
    this.#probing = true;
    try {
      this.#passed(await this.#settings.inspect((path, headers) => this.#ask(path, headers)));
    } catch (error) {
      this.#refused(error);
    }
    this.#probing = false;
    this.#probeIn(this.#live && this.#failures === 0 ? LIVE_PROBE_MS : this.#settings.probeMs);
    if (this.#probed) return;
    this.#probed = true;
    this.#settings.onFirstProbe();
  }

  #ask(path: string, headers: Readonly<Record<string, string>> = {}): Promise<ExchangeReply> {
    const { probeTimeoutMs: timeoutMs } = this.#settings;
    const exchange: Exchange = { method: 'GET', path, headers, timeoutMs, bytesMax: PROBE_BYTES_MAX };
    return new RunningExchange(this.#prober, this.#addressed(exchange)).reply;
  }

  #passed(facts: Facts): void {
    if (this.#closed) return;
    const known = this.#live && JSON.stringify(facts) === JSON.stringify(this.#facts);
    this.#facts = facts;
    this.#failures = 0;
    this.#live = true;
    this.#problem = undefined;
    if (!known) this.#settings.onChange(this);
  }

  #refused(error: unknown): void {
    if (this.#closed) return;
    const problem = describe(error);
    const silent = error instanceof ExchangeTimeout;
    if (!this.#live) {
      this.#problem = problem;
      // Neither calls nor the probe were answered: what still waits there waits in vain.
      if (silent) this.#abortAll(problem);
    } else if (silent) this.#fail(problem);
    else this.suspend(problem);
  }

  #abortAll(problem: string): void {
    for (const running of this.#running) running.abort(new Error(problem));
  }
}

function codeOf(error: unknown): string {
  const { code } = (error ?? {}) as { code?: unknown };
  return typeof code === 'string' ? code : '';
}

/** True when a connection broke before it answered, as a kept one does that the other side had closed. */
export function isConnectionLost(error: unknown): boolean {
  return ['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET'].includes(codeOf(error));
}

export function describe(error: unknown): string {
  return codeOf(error) || (error instanceof Error ? error.message : String(error));
}
