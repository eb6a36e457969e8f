import type { ServerResponse } from 'node:http';
import {
  type Delivery,
  type Exchange,
  type HitOutcome,
  NearhitError,
  type RefusedOutcome,
  type ReplyListener,
  renderSse,
  type Settled,
  sseError,
  type UpstreamHead,
  type UpstreamOutcome,
} from '@nearhit/core';
import { retryAfterSeconds } from '../reply.ts';
import { errorHeaders, hitHeaders, upstreamHeaders } from './head.ts';
import { WholeLines } from './whole-lines.ts';

const SSE = 'text/event-stream; charset=utf-8';
const JSON_TYPE = 'application/json';
/** Whatever event the stream was cut off in, the next one stands by itself. */
const END_OF_EVENT = Buffer.from('\n\n');
/** A JSON reply is held until it is whole, so that its headers can tell its cost; a longer one is passed on as it comes. */
const HOLD_BYTES_MAX = 1_048_576;

/** Writes an exchange to the client, in the form the client asked for. */
export function deliver(exchange: Exchange, res: ServerResponse, startedAtMs: number): void {
  const { outcome } = exchange;
  if (outcome.kind === 'hit') deliverHit(exchange, outcome, res, startedAtMs);
  else if (outcome.kind === 'refused') deliverRefused(exchange, outcome, res, startedAtMs);
  else deliverUpstream(exchange, outcome, res, startedAtMs);
}

/** Renders once per entry and form; the bytes stay with the entry in L1. */
function replayed(outcome: HitOutcome, includeUsage: boolean): Buffer {
  const form = includeUsage ? 'sse+usage' : 'sse';
  const known = outcome.cached.rendered.get(form);
  if (known !== undefined) return known;
  const bytes = Buffer.concat(renderSse(outcome.cached.entry.answer, { includeUsage }));
  outcome.cached.rendered.set(form, bytes);
  return bytes;
}

function deliverHit(exchange: Exchange, outcome: HitOutcome, res: ServerResponse, startedAtMs: number): void {
  const { stream, includeUsage } = exchange.request;
  const body = stream ? replayed(outcome, includeUsage) : outcome.cached.entry.answer;
  const headers = hitHeaders(exchange, outcome, startedAtMs, stream ? SSE : JSON_TYPE, body.length);
  if (stream) headers.push('cache-control', 'no-cache');
  res.writeHead(200, headers);
  res.end(body);
  finish(exchange, 200, performance.now());
}

function deliverRefused(exchange: Exchange, outcome: RefusedOutcome, res: ServerResponse, startedAtMs: number): void {
  const error = new NearhitError(
    'CACHE_MISS',
    `Nothing in the cache may answer this request (${outcome.reason}), and the request allows no call upstream.`,
  );
  writeError(exchange, error, res, startedAtMs);
}

function finish(exchange: Exchange, status: number, firstByteAtMs: number, failed = false): void {
  exchange.finish({ status, firstByteAtMs, endAtMs: performance.now(), failed } satisfies Delivery);
}

function writeError(exchange: Exchange, error: NearhitError, res: ServerResponse, startedAtMs: number): void {
  if (!res.headersSent && !res.destroyed) {
    const body = Buffer.from(JSON.stringify(error.toBody()));
    const headers = errorHeaders(exchange, startedAtMs, body.length);
    const seconds = retryAfterSeconds(error);
    if (seconds !== undefined) headers.push('retry-after', seconds);
    res.writeHead(error.status, headers);
    res.end(body);
  }
  finish(exchange, error.status, performance.now(), true);
}

function deliverUpstream(exchange: Exchange, outcome: UpstreamOutcome, res: ServerResponse, startedAtMs: number): void {
  const { live } = outcome;
  const { stream } = exchange.request;
  const otherForm = live.streamed !== stream || (stream && !outcome.sameForm);
  if (!outcome.leader && live.head !== undefined && live.head.status < 300 && otherForm) {
    deliverConverted(exchange, outcome, res, startedAtMs).catch((error: unknown) =>
      giveUp(exchange, error, res, startedAtMs),
    );
    return;
  }
  follow(exchange, outcome, res, startedAtMs);
}

function follow(exchange: Exchange, outcome: UpstreamOutcome, res: ServerResponse, startedAtMs: number): void {
  const { live } = outcome;
  const writer = new LiveWriter(exchange, outcome, res, startedAtMs);
  const stop = live.listen(writer);
  const leave = () => {
    stop();
    outcome.release();
    writer.closed();
  };
  if (res.closed) {
    leave();
    return;
  }
  res.on('close', leave);
  res.on('drain', () => live.drained(writer));
}

/** What nobody waits for must not fail unheard: that would end the process. */
function giveUp(exchange: Exchange, cause: unknown, res: ServerResponse, startedAtMs: number): void {
  if (res.headersSent) res.destroy();
  writeError(exchange, new NearhitError('INTERNAL', 'The answer could not be written.', { cause }), res, startedAtMs);
}

/** A follower that can't use the leader's bytes, because it asked for another form: it waited for the whole. */
async function deliverConverted(
  exchange: Exchange,
  outcome: UpstreamOutcome,
  res: ServerResponse,
  startedAtMs: number,
): Promise<void> {
  const { answer, costUsd } = await outcome.settled;
  // Of a stream that is no whole answer, the bytes say more than an error would.
  if (answer === undefined && outcome.live.streamed === exchange.request.stream)
    return follow(exchange, outcome, res, startedAtMs);
  outcome.release();
  if (answer === undefined) {
    return writeError(
      exchange,
      outcome.live.error ?? new NearhitError('UPSTREAM_INVALID', 'The provider sent no complete answer.'),
      res,
      startedAtMs,
    );
  }
  const { stream, includeUsage } = exchange.request;
  const body = stream ? Buffer.concat(renderSse(answer, { includeUsage })) : answer;
  const contentType = stream ? SSE : JSON_TYPE;
  const headers = upstreamHeaders(exchange, outcome, startedAtMs, { costUsd, length: body.length, contentType });
  res.writeHead(200, headers);
  res.end(body);
  finish(exchange, 200, performance.now());
}

/** A success that is none: HTML, cut JSON, an error in a 200. The client hears it as an error it can handle. */
function faultOf({ fault }: Settled, head: UpstreamHead | undefined): NearhitError | undefined {
  if (fault === undefined) return undefined;
  return new NearhitError(
    'UPSTREAM_INVALID',
    `The provider '${head?.provider}' answered ${head?.status} with a body that is no chat completion: ${fault}.`,
  );
}

/** Passes a live reply on: a stream byte for byte as it comes, a JSON body when it is whole. */
class LiveWriter implements ReplyListener {
  readonly #exchange: Exchange;
  readonly #outcome: UpstreamOutcome;
  readonly #res: ServerResponse;
  readonly #startedAtMs: number;
  #held: Buffer[] | undefined = [];
  /** Of a stream that can be read: what is compressed has no lines. */
  #lines: WholeLines | undefined;
  #heldBytes = 0;
  #firstByteAtMs = 0;
  #finished = false;
  /** Content type when the reply is converted. */
  #type: string | undefined;

  constructor(exchange: Exchange, outcome: UpstreamOutcome, res: ServerResponse, startedAtMs: number) {
    this.#exchange = exchange;
    this.#outcome = outcome;
    this.#res = res;
    this.#startedAtMs = startedAtMs;
  }

  onHead(head: UpstreamHead): void {
    if (!this.#outcome.live.streamed || !this.#exchange.request.stream) return;
    this.#held = undefined;
    if ((head.headers['content-encoding'] ?? 'identity') === 'identity') this.#lines = new WholeLines();
    this.#writeHead(undefined);
    this.#res.flushHeaders();
  }

  onData(chunk: Buffer): boolean {
    if (this.#lines !== undefined) {
      const whole = this.#lines.push(chunk);
      return whole.length === 0 || this.#res.write(whole);
    }
    if (this.#held === undefined) return this.#res.write(chunk);
    this.#held.push(chunk);
    this.#heldBytes += chunk.length;
    return this.#heldBytes <= HOLD_BYTES_MAX || this.#letGo();
  }

  onEnd(): void {
    if (this.#held === undefined) {
      this.#res.end(this.#lines?.end());
      this.#finish(false);
    } else {
      this.#endWhole(this.#held).catch((error: unknown) => {
        this.#finished = true;
        giveUp(this.#exchange, error, this.#res, this.#startedAtMs);
      });
    }
  }

  onError(error: NearhitError): void {
    if (!this.#res.headersSent) {
      this.#finished = true;
      writeError(this.#exchange, error, this.#res, this.#startedAtMs);
      return;
    }
    // The status is gone: a stream can still say what happened; of anything else the cut must show.
    if (this.#lines === undefined) this.#res.destroy();
    else this.#res.end(Buffer.concat([END_OF_EVENT, sseError(error)]));
    this.#finish(true);
  }

  closed(): void {
    this.#finish(true);
  }

  /** Too long to hold: goes on as it comes, its cost unknown at its head. */
  #letGo(): boolean {
    const body = Buffer.concat(this.#held ?? []);
    this.#held = undefined;
    this.#writeHead(undefined);
    return this.#res.write(body);
  }

  /** The reply settles right after its listeners have heard of its end: then its cost and its faults are known. */
  async #endWhole(held: Buffer[]): Promise<void> {
    const settled = await this.#outcome.settled;
    if (this.#res.destroyed) return;
    const fault = faultOf(settled, this.#outcome.live.head);
    if (fault !== undefined) {
      this.#finished = true;
      return writeError(this.#exchange, fault, this.#res, this.#startedAtMs);
    }
    const body = this.#inForm(held, settled);
    this.#writeHead(settled.costUsd, body.length);
    this.#res.end(body);
    this.#finish(false);
  }

  /** Some providers answer a stream with JSON, or the other way round: the client still gets what it asked for. */
  #inForm(held: Buffer[], { answer }: Settled): Buffer {
    const { stream, includeUsage } = this.#exchange.request;
    if (answer === undefined || this.#outcome.live.streamed === stream) {
      return held.length === 1 ? (held[0] as Buffer) : Buffer.concat(held);
    }
    this.#type = stream ? SSE : JSON_TYPE;
    return stream ? Buffer.concat(renderSse(answer, { includeUsage })) : answer;
  }

  #writeHead(costUsd: number | undefined, length?: number): void {
    const { head } = this.#outcome.live;
    const form = { costUsd, length, contentType: this.#type };
    const headers = upstreamHeaders(this.#exchange, this.#outcome, this.#startedAtMs, form);
    this.#firstByteAtMs = performance.now();
    this.#res.writeHead(head?.status ?? 502, headers);
  }

  #finish(failed: boolean): void {
    if (this.#finished) return;
    this.#finished = true;
    const status = this.#outcome.live.head?.status ?? 499;
    finish(this.#exchange, status, this.#firstByteAtMs || performance.now(), failed);
  }
}
