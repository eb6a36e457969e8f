import type { LiveReply, NearhitError, ReplyListener, UpstreamHead } from '@nearhit/core';
import type { Wire } from './wire.ts';

export interface RemoteName {
  readonly from: string;
  readonly join: number;
  /** Bytes that it has already; with any, the head too. */
  readonly skip: number;
}

/** A follower in another process, as the leader's reply sees it. Keeps the upstream call alive while it is there. */
export class RemoteListener implements ReplyListener {
  seenAtMs = performance.now();
  readonly #wire: Wire;
  readonly #name: RemoteName;
  readonly #onOver: () => void;
  #live: LiveReply | undefined;
  #leave: (() => void)[] = [];
  #seq = 0;
  #skip: number;
  #sentAtMs = 0;
  #paused = false;
  #over = false;

  constructor(wire: Wire, name: RemoteName, onOver: () => void) {
    this.#wire = wire;
    this.#name = name;
    this.#skip = name.skip;
    this.#onOver = onOver;
  }

  follow(live: LiveReply): void {
    this.#live = live;
    this.#leave.push(live.hold());
    const stop = live.listen(this);
    if (this.#over) stop();
    else this.#leave.push(stop);
  }

  onHead(head: UpstreamHead): void {
    if (this.#name.skip === 0) this.#wire.post(this.#name.from, ['head', this.#name.join, this.#next(), head]);
  }

  onData(chunk: Buffer): boolean {
    const skipped = Math.min(this.#skip, chunk.length);
    this.#skip -= skipped;
    if (skipped < chunk.length)
      this.#wire.post(this.#name.from, ['data', this.#name.join, this.#next(), [chunk.subarray(skipped)]]);
    return !this.#paused;
  }

  onEnd(): void {
    this.#wire.post(this.#name.from, ['end', this.#name.join, this.#next()]);
    this.end();
  }

  onError(error: NearhitError): void {
    this.#wire.post(this.#name.from, ['error', this.#name.join, this.#next(), error.kind, error.message]);
    this.end();
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#live?.drained(this);
  }

  /** A sign of life, where nothing else was one. */
  sign(everyMs: number): void {
    if (performance.now() - this.#sentAtMs >= everyMs / 2)
      this.#wire.post(this.#name.from, ['alive', this.#name.join, this.#next()]);
  }

  /** It is on its own. */
  dismiss(): void {
    this.#wire.post(this.#name.from, ['gone', this.#name.join]);
    this.end();
  }

  end(): void {
    if (this.#over) return;
    this.#over = true;
    for (const leave of this.#leave.reverse()) leave();
    this.#onOver();
  }

  #next(): number {
    this.#sentAtMs = performance.now();
    return this.#seq++;
  }
}
