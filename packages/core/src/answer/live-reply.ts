import { NearhitError } from '../errors.ts';
import type { RouteDecision, UpstreamFlow, UpstreamHead, UpstreamSink } from '../ports/upstream.ts';
import { ReplyEdges } from '../reply/reply-edges.ts';

/** Hears a reply from its first byte, whenever it joins. Answering false from onData asks for a pause. */
export interface ReplyListener {
  onHead(head: UpstreamHead): void;
  onData(chunk: Buffer): boolean;
  onEnd(): void;
  onError(error: NearhitError): void;
}

export type ReplyState = 'waiting' | 'open' | 'ended' | 'failed' | 'abandoned';

/**
 * One upstream reply, shared by all who wait for it: each listener gets what was sent so far and then follows live.
 * Bytes are kept up to `recordBytesMax`; a longer reply passes on but can no longer be joined or stored.
 * The upstream call is cancelled when nobody holds the reply any more.
 */
export class LiveReply implements UpstreamSink {
  state: ReplyState = 'waiting';
  head: UpstreamHead | undefined;
  error: NearhitError | undefined;
  /** How its target was chosen; absent when another process made the call. */
  route: RouteDecision | undefined;
  /** Its body, parsed, where whoever sent it had to; only while it is being settled. */
  json: unknown;
  /** False once the reply grew over the bound. */
  recorded = true;
  /** `performance.now()` of the upstream's first byte and of the end. */
  headAtMs = 0;
  endAtMs = 0;
  /** `performance.now()` when its source was asked. */
  startedAtMs = performance.now();
  /** Set by its maker when its answer is stored (`Date.now()` clock): until then whoever asks may still have it. */
  servableUntilMs = 0;
  #chunks: Buffer[] = [];
  /** Of a reply that outgrew its record. */
  #edges: ReplyEdges | undefined;
  #bytes = 0;
  #holders = 0;
  #flow: UpstreamFlow | undefined;
  readonly #listeners = new Set<ReplyListener>();
  readonly #saturated = new Set<ReplyListener>();
  readonly #recordBytesMax: number;
  /** Told once, however the reply ended, before any listener: what it comes to is known before its last byte goes out. */
  readonly #onSettled: (reply: LiveReply) => void;

  constructor(recordBytesMax: number, onSettled: (reply: LiveReply) => void) {
    this.#recordBytesMax = recordBytesMax;
    this.#onSettled = onSettled;
  }

  attach(flow: UpstreamFlow): void {
    if (this.state === 'abandoned') flow.abort();
    else this.#flow = flow;
  }

  get done(): boolean {
    return this.state !== 'waiting' && this.state !== 'open';
  }

  /** Its bytes come as server-sent events. */
  get streamed(): boolean {
    return (this.head?.headers['content-type'] ?? '').startsWith('text/event-stream');
  }

  get joinable(): boolean {
    return this.recorded && this.state !== 'failed' && this.state !== 'abandoned';
  }

  /** No success: a refusal too, because it may be for what does not count as the same request (`metadata`, `user` ...). */
  get failed(): boolean {
    return this.state === 'failed' || this.state === 'abandoned' || (this.head !== undefined && this.head.status > 299);
  }

  /** Received so far. */
  get bytes(): number {
    return this.#bytes;
  }

  /** What its usage is found in, even when the record was given up. */
  edges(): ReplyEdges {
    return this.#edges ?? ReplyEdges.of(this.body());
  }

  body(): Buffer {
    return this.#chunks.length === 1 ? (this.#chunks[0] as Buffer) : Buffer.concat(this.#chunks);
  }

  /** Keeps the upstream call alive until the returned function is called. */
  hold(): () => void {
    this.#holders += 1;
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      this.#holders -= 1;
      if (this.#holders === 0 && !this.done) this.#abandon();
    };
  }

  /** Replays what there is, then follows. Answers a function that stops listening (it does not release a hold). */
  listen(listener: ReplyListener): () => void {
    if (this.head !== undefined) listener.onHead(this.head);
    for (const chunk of this.#chunks) listener.onData(chunk);
    if (this.state === 'ended') listener.onEnd();
    else if (this.error !== undefined) listener.onError(this.error);
    else this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
      this.drained(listener);
    };
  }

  /** The listener that asked for a pause can take more. */
  drained(listener: ReplyListener): void {
    if (this.#saturated.delete(listener) && this.#saturated.size === 0) this.#flow?.resume();
  }

  /** Resolves at the first byte, or when the call failed; never rejects. */
  headOrFailure(): Promise<void> {
    if (this.state !== 'waiting') return Promise.resolve();
    return this.#until((resolve) => ({ onHead: resolve, onData: () => true, onEnd: resolve, onError: resolve }));
  }

  /** Resolves when the last byte is in, or the call failed, or the reply outgrew its record; never rejects. */
  wholeOrFailure(): Promise<void> {
    if (this.done || !this.recorded) return Promise.resolve();
    return this.#until((resolve) => ({
      onHead: () => {},
      onData: () => this.recorded || !resolve(),
      onEnd: resolve,
      onError: resolve,
    }));
  }

  onRoute(decision: RouteDecision): void {
    this.route = decision;
  }

  onHead(head: UpstreamHead): void {
    if (this.state !== 'waiting') return;
    this.headAtMs = performance.now();
    this.head = head;
    this.state = 'open';
    for (const listener of this.#listeners) listener.onHead(head);
  }

  onData(chunk: Buffer): void {
    if (this.done) return;
    this.#bytes += chunk.length;
    if (this.recorded && this.#bytes > this.#recordBytesMax) {
      this.recorded = false;
      this.#edges = ReplyEdges.of(this.body());
      this.#chunks = [];
    }
    if (this.#edges === undefined) this.#chunks.push(chunk);
    else this.#edges.push(chunk);
    for (const listener of this.#listeners) {
      // While the reply is being recorded its bytes are in memory anyway: only beyond that does a slow reader slow the source.
      if (!listener.onData(chunk) && !this.recorded) this.#saturated.add(listener);
    }
    if (this.#saturated.size > 0) this.#flow?.pause();
  }

  onEnd(json?: unknown): void {
    if (!this.done) this.json = json;
    this.#settle('ended', (listener) => listener.onEnd());
  }

  onError(error: NearhitError): void {
    if (this.done) return;
    this.error = error;
    this.#settle('failed', (listener) => listener.onError(error));
  }

  #settle(state: 'ended' | 'failed' | 'abandoned', tell: (listener: ReplyListener) => void): void {
    if (this.done) return;
    this.state = state;
    this.endAtMs = performance.now();
    const listeners = [...this.#listeners];
    this.#listeners.clear();
    try {
      this.#onSettled(this);
    } finally {
      // A reply may be kept for those who come late: its body is enough.
      this.json = undefined;
      this.#flow = undefined;
      for (const listener of listeners) tell(listener);
    }
  }

  #abandon(): void {
    this.error = new NearhitError('CLIENT_GONE', 'The client went away before the answer was complete.');
    this.#flow?.abort();
    this.#settle('abandoned', (listener) => listener.onError(this.error as NearhitError));
  }

  #until(listenerOf: (resolve: () => undefined) => ReplyListener): Promise<void> {
    return new Promise((resolve) => {
      this.listen(listenerOf(() => void resolve()));
    });
  }
}
