import { ERRORS, type ErrorName, NearhitError, type UpstreamFlow, type UpstreamSink } from '@nearhit/core';
import type { Message } from './messages.ts';
import type { Wire } from './wire.ts';

export interface FollowerOptions {
  readonly wire: Wire;
  /** This process. */
  readonly id: string;
  readonly leader: string;
  readonly token: string;
  /** A reply that is passed on as it comes: what a client has of it can't be taken back. */
  readonly stream: boolean;
  readonly silenceMs: number;
  /** For this long a broken-off stream waits for Redis to come back. */
  readonly outageMsMax: number;
  /** A new number for a join of this process; its messages come to this follower until the next. */
  readonly number: (follower: Follower) => number;
  readonly onOver: (follower: Follower, lost: boolean) => void;
}

/** Messages after a gap that are kept until it closes. */
const EARLY_MAX = 1000;
/** Of the time after which the leader is lost: longer without its own beats, and the process itself hears nothing. */
const DEAF_SHARE = 0.6;
const RETRY_MS = 500;

/** A reply that another process fetches, as its sink in this one hears it. */
export class Follower implements UpstreamFlow {
  readonly #options: FollowerOptions;
  readonly #sink: UpstreamSink;
  #silence: NodeJS.Timeout | undefined;
  #join = 0;
  #seq = 0;
  #early = new Map<number, Message>();
  #begun = false;
  /** Redis was away, and nothing has come since. */
  #deaf = false;
  #bytes = 0;
  #heardAtMs = performance.now();
  #over = false;
  #paused = false;

  constructor(options: FollowerOptions, sink: UpstreamSink) {
    this.#options = options;
    this.#sink = sink;
    this.#arm(options.silenceMs);
    this.#board();
  }

  get join(): number {
    return this.#join;
  }

  pause(): void {
    this.#paused = true;
    this.#tell('pause');
  }

  resume(): void {
    this.#paused = false;
    this.#tell('resume');
  }

  abort(): void {
    if (this.#over) return;
    this.#tell('leave');
    this.#end(false);
  }

  /** This process ends. */
  abandon(): void {
    this.#tell('leave');
    this.lose();
  }

  stay(): void {
    this.#tell('stay');
  }

  /** In whatever order: each is taken in its turn. */
  receive(message: Message): void {
    if (this.#over) return;
    if (message[0] === 'gone') {
      this.lose();
      return;
    }
    const seq = Number(message[2]);
    if (seq < this.#seq) return;
    this.#early.set(seq, message);
    for (;;) {
      const next = this.#early.get(this.#seq);
      if (next === undefined || this.#over) break;
      this.#early.delete(this.#seq++);
      this.#heard();
      this.#take(next);
    }
    if (this.#early.size > EARLY_MAX) this.lose();
  }

  #heard(): void {
    this.#heardAtMs = performance.now();
    this.#deaf = false;
  }

  /** The leader is not there any more. */
  lose(): void {
    if (this.#over) return;
    this.#end(true);
    this.#sink.onError(
      new NearhitError('UPSTREAM_UNREACHABLE', 'The answer was being fetched by another replica, which was lost.'),
    );
  }

  #take(message: Message): void {
    switch (message[0]) {
      case 'head':
        if (this.#begun) return;
        this.#begun = true;
        this.#sink.onHead(message[3]);
        return;
      case 'data':
        for (const chunk of message[3]) {
          this.#bytes += chunk.length;
          this.#sink.onData(chunk);
        }
        return;
      case 'end':
        this.#end(false);
        this.#sink.onEnd();
        return;
      case 'error':
        this.#end(false);
        this.#sink.onError(new NearhitError(errorName(message[3]), message[4]));
    }
  }

  /**
   * The process may only have been too busy to read: then it has read by now. After a gap the leader still has what was
   * lost. A silence while Redis is away says nothing of the leader: a stream that a client has begun to read waits for
   * it and goes on where it broke off; whoever has nothing yet is better served by another call.
   */
  #silent(): void {
    const { silenceMs, outageMsMax, stream, wire } = this.#options;
    const silentMs = performance.now() - this.#heardAtMs;
    if (this.#over) return;
    if (silentMs < silenceMs) {
      this.#arm(silenceMs - silentMs + 1);
      return;
    }
    const away = wire.silentMs > silenceMs * DEAF_SHARE;
    if (away) this.#deaf = true;
    const alive = this.#early.size > 0 && !away;
    const waits = stream && this.#begun && this.#deaf;
    if ((!alive && !waits) || silentMs > silenceMs + outageMsMax) {
      this.lose();
      return;
    }
    if (!away) this.#joinAgain();
    this.#arm(RETRY_MS);
  }

  #arm(ms: number): void {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => setImmediate(() => this.#silent()), ms);
  }

  #joinAgain(): void {
    this.#tell('leave');
    this.#seq = 0;
    this.#early.clear();
    this.#board();
    if (this.#paused) this.#tell('pause');
  }

  #board(): void {
    const { wire, id, leader, token } = this.#options;
    this.#join = this.#options.number(this);
    wire.post(leader, ['join', id, this.#join, token, this.#bytes]);
  }

  #tell(kind: 'leave' | 'stay' | 'pause' | 'resume'): void {
    if (!this.#over)
      this.#options.wire.post(this.#options.leader, [kind, this.#options.id, this.#join, this.#options.token]);
  }

  #end(lost: boolean): void {
    this.#over = true;
    clearTimeout(this.#silence);
    this.#early.clear();
    this.#options.onOver(this, lost);
  }
}

function errorName(kind: string): ErrorName {
  return Object.hasOwn(ERRORS, kind) ? (kind as ErrorName) : 'UPSTREAM_UNREACHABLE';
}
