import type { NearhitError, RouteAttempt, UpstreamCall, UpstreamFlow } from '@nearhit/core';
import type { Waiter } from '../provider/places.ts';
import type { CallSink, CallSpec } from '../provider/provider.ts';
import type { Link } from './chain.ts';
import { emptyStream, HELD_BYTES_MAX, jsonBeginningFault, judgeJson, replyForm, streamFault } from './reply-check.ts';

/** A reply that nobody wants is read so far, so that its connection can be used again. */
const UNWANTED_BYTES_MAX = 65_536;

type Headers = Readonly<Record<string, string>>;

/** What an attempt tells the call that it is made for. */
export interface AttemptOwner {
  readonly call: UpstreamCall;
  /** Its place is there. */
  begin(attempt: Attempt): void;
  /** True: the reply may go to the client once it has been looked at. False: it was dealt with. */
  headCame(attempt: Attempt, status: number, headers: Headers): boolean;
  /** Nothing of it has gone to the client. */
  failed(attempt: Attempt, error: NearhitError): void;
  /** From here on what comes is for the client. */
  commit(attempt: Attempt): void;
  data(chunk: Buffer): void;
  ended(attempt: Attempt): void;
  /** The reply broke off, and some of it has gone to the client. */
  broke(attempt: Attempt, error: NearhitError): void;
}

/** `held`: its head has come, nothing goes out yet; `unwanted`: what comes is thrown away. */
type Stage = 'waiting' | 'asked' | 'held' | 'passing' | 'unwanted' | 'over';

/** One call to one target with one key; what it answers is kept back until it looks like an answer. */
export class Attempt implements CallSink, CallSpec, Waiter {
  readonly link: Link;
  readonly apiKey: string | undefined;
  /** The credential is the house's. */
  readonly houseKey: boolean;
  readonly batch: boolean;
  totalMs = 0;
  /** The breaker's probe. */
  probe = false;
  /** Its status was no answer, though the client may get it. */
  refused = false;
  stage: Stage = 'waiting';
  flow: UpstreamFlow | undefined;
  status = 0;
  headers: Headers = NO_HEADERS;
  /** Its body, parsed, where that was needed to judge it. */
  json: unknown;
  /** On the clock that never jumps. Undefined: not yet. */
  sentAtMs: number | undefined;
  firstDataAtMs: number | undefined;
  /** Ends its waiting for a place. */
  waitTimer: NodeJS.Timeout | undefined;
  /** For the record. */
  startedAtMs = 0;
  outcome: string | undefined;
  latencyMs = 0;
  readonly #owner: AttemptOwner;
  readonly #elapsed: () => number;
  #form: 'json' | 'stream' | 'unseen' = 'unseen';
  #held: Buffer[] = [];
  #bytes = 0;

  constructor(
    owner: AttemptOwner,
    link: Link,
    key: { apiKey: string | undefined; house: boolean },
    elapsed: () => number,
  ) {
    this.#owner = owner;
    this.link = link;
    this.apiKey = key.apiKey;
    this.houseKey = key.house;
    this.batch = owner.call.priority === 'batch';
    this.#elapsed = elapsed;
  }

  get model(): string {
    return this.link.target.model;
  }

  /** What became of it when what it answers goes to the client. */
  get answered(): string {
    return this.status < 400 ? 'ok' : `status-${this.status}`;
  }

  get streamed(): boolean {
    return this.#form === 'stream';
  }

  admitted(): void {
    this.#owner.begin(this);
  }

  /** The client hears nothing of it; a short reply is read to its end. */
  discard(): void {
    this.stage = 'unwanted';
    this.#held = [];
    this.#bytes = 0;
  }

  onHead(status: number, headers: Headers): void {
    if (this.stage !== 'asked') return;
    this.status = status;
    this.headers = headers;
    this.stage = 'held';
    if (!this.#owner.headCame(this, status, headers)) return;
    this.#form = replyForm(status, headers, this.#owner.call.stream);
    if (this.#form === 'unseen') this.#commit();
  }

  onData(chunk: Buffer): void {
    if (this.stage === 'passing') this.#owner.data(chunk);
    else if (this.stage === 'held') this.#hold(chunk);
    else if (this.stage === 'unwanted') this.#throwAway(chunk);
  }

  onEnd(): void {
    if (this.stage === 'held' && !this.#goodInTheEnd()) return;
    if (this.stage !== 'passing') return;
    this.stage = 'over';
    this.#owner.ended(this);
  }

  onError(error: NearhitError): void {
    const { stage } = this;
    if (stage === 'passing') {
      this.stage = 'over';
      this.#owner.broke(this, error);
    } else if (stage === 'asked' || stage === 'held') {
      this.stage = 'over';
      this.#owner.failed(this, error);
    }
  }

  record(): RouteAttempt {
    const { provider, model } = this.link.target;
    return {
      provider: provider.id,
      model,
      outcome: this.outcome ?? this.answered,
      status: this.status === 0 ? undefined : this.status,
      startedAtMs: this.startedAtMs,
      latencyMs: this.outcome === undefined ? this.tookMs(this.#elapsed()) : this.latencyMs,
    };
  }

  /** 0 when it was never sent. */
  tookMs(nowMs: number): number {
    return this.sentAtMs === undefined ? 0 : nowMs - this.sentAtMs;
  }

  #hold(chunk: Buffer): void {
    const provider = this.link.target.provider.id;
    if (this.firstDataAtMs === undefined) {
      this.firstDataAtMs = this.#elapsed();
      const fault = this.#form === 'stream' ? streamFault(provider, chunk) : jsonBeginningFault(provider, chunk);
      if (fault !== undefined) {
        this.#reject(fault);
        return;
      }
    }
    this.#held.push(chunk);
    this.#bytes += chunk.length;
    if (this.#form === 'stream' || this.#bytes > HELD_BYTES_MAX) this.#release();
  }

  #goodInTheEnd(): boolean {
    const provider = this.link.target.provider.id;
    const body = this.#held.length === 1 ? (this.#held[0] as Buffer) : Buffer.concat(this.#held);
    const { fault, json } = this.#form === 'stream' ? { fault: emptyStream(provider) } : judgeJson(provider, body);
    if (fault === undefined) {
      this.json = json;
      this.#release();
      return true;
    }
    this.stage = 'over';
    this.#owner.failed(this, fault);
    return false;
  }

  #reject(fault: NearhitError): void {
    this.discard();
    this.#owner.failed(this, fault);
  }

  #release(): void {
    const held = this.#held;
    this.#held = [];
    this.#commit();
    for (const chunk of held) this.#owner.data(chunk);
  }

  #commit(): void {
    this.stage = 'passing';
    this.#owner.commit(this);
  }

  #throwAway(chunk: Buffer): void {
    this.#bytes += chunk.length;
    if (this.#bytes <= UNWANTED_BYTES_MAX) return;
    this.stage = 'over';
    this.flow?.abort();
  }
}

const NO_HEADERS: Headers = Object.freeze({});
