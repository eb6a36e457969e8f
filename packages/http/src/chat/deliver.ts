import type { ServerResponse } from 'node:http';
import {
  type Delivery,
  type Exchange,
  type HitOutcome,
  NearhitError,
  type RefusedOutcome,
  type ReplyListener,
  type Settled,
  type UpstreamHead,
  type UpstreamOutcome,
} from '@nearhit/core';
import { retryAfterSeconds } from '../reply.ts';
import type { ReplyForm, StreamForm } from './form.ts';
import { errorHeaders, hitHeaders, upstreamHeaders } from './head.ts';

const SSE = 'text/event-stream; charset=utf-8';
const JSON_TYPE = 'application/json';
/** A JSON reply is held until it is whole, so that its headers can tell its cost; a longer one is passed on as it comes. */
const HOLD_BYTES_MAX = 1_048_576;
/** A reply that is put into other words is held to its end; one longer than this is no answer. */
const TRANSLATED_BYTES_MAX = 67_108_864;

/** Whom a reply goes to, and how it is written there. */
export interface Recipient {
  readonly res: ServerResponse;
  /** `performance.now()` when the request had been read. */
  readonly startedAtMs: number;
  readonly form: ReplyForm;
}

/** Writes an exchange to the client, in the form the client asked for. */
export function deliver(exchange: Exchange, to: Recipient): void {
  const { outcome } = exchange;
  try {
    if (outcome.kind === 'hit') deliverHit(exchange, outcome, to);
    else if (outcome.kind === 'refused') deliverRefused(exchange, outcome, to);
    else deliverUpstream(exchange, outcome, to);
  } catch (error) {
    // Whoever does not finish keeps its place among those at once, and nothing of it is accounted.
    if (outcome.kind === 'upstream') outcome.release();
    giveUp(exchange, error, to);
  }
}

function rendered(answer: Buffer, { request }: Exchange, { form }: Recipient): Buffer {
  return request.stream ? form.sse(answer, request.includeUsage) : form.json(answer);
}

/** Renders once per entry and form, where the form allows it; the bytes stay with the entry in L1. */
function replayed({ cached }: HitOutcome, exchange: Exchange, to: Recipient): Buffer {
  const name = to.form.keptAs(exchange.request.stream, exchange.request.includeUsage);
  const known = name === undefined ? undefined : cached.rendered.get(name);
  if (known !== undefined) return known;
  const bytes = rendered(cached.entry.answer, exchange, to);
  if (name !== undefined) cached.rendered.set(name, bytes);
  return bytes;
}

function deliverHit(exchange: Exchange, outcome: HitOutcome, to: Recipient): void {
  const { stream } = exchange.request;
  const body = replayed(outcome, exchange, to);
  const headers = hitHeaders(exchange, outcome, to.startedAtMs, stream ? SSE : JSON_TYPE, body.length);
  if (stream) headers.push('cache-control', 'no-cache');
  to.res.writeHead(200, headers);
  finish(exchange, 200, performance.now());
  to.res.end(body);
}

function deliverRefused(exchange: Exchange, outcome: RefusedOutcome, to: Recipient): void {
  const error = new NearhitError(
    'CACHE_MISS',
    `Nothing in the cache may answer this request (${outcome.reason}), and the request allows no call upstream.`,
  );
  writeError(exchange, error, to);
}

/** Before the last byte: whoever has an answer whole is in the accounts, should the process be killed the moment after. */
function finish(exchange: Exchange, status: number, firstByteAtMs: number, failed = false): void {
  exchange.finish({ status, firstByteAtMs, endAtMs: performance.now(), failed } satisfies Delivery);
}

function writeError(exchange: Exchange, error: NearhitError, { res, startedAtMs, form }: Recipient): void {
  const finished = () => finish(exchange, error.status, performance.now(), true);
  if (res.headersSent || res.destroyed) {
    finished();
    return;
  }
  const body = form.error(error, error.status);
  const headers = errorHeaders(exchange, startedAtMs, body.length);
  const seconds = retryAfterSeconds(error);
  if (seconds !== undefined) headers.push('retry-after', seconds);
  res.writeHead(error.status, headers);
  finished();
  res.end(body);
}

function deliverUpstream(exchange: Exchange, outcome: UpstreamOutcome, to: Recipient): void {
  const { live } = outcome;
  const { stream } = exchange.request;
  const otherForm = live.streamed !== stream || (stream && !outcome.sameForm);
  if (!outcome.leader && live.head !== undefined && live.head.status < 300 && otherForm) {
    deliverConverted(exchange, outcome, to).catch((error: unknown) => giveUp(exchange, error, to));
    return;
  }
  follow(exchange, outcome, to);
}

function follow(exchange: Exchange, outcome: UpstreamOutcome, to: Recipient): void {
  const { live } = outcome;
  const { res } = to;
  const writer = new LiveWriter(exchange, outcome, to);
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
function giveUp(exchange: Exchange, cause: unknown, to: Recipient): void {
  if (to.res.headersSent) to.res.destroy();
  const known = cause instanceof NearhitError;
  writeError(exchange, known ? cause : new NearhitError('INTERNAL', 'The answer could not be written.', { cause }), to);
}

/** A follower that can't use the leader's bytes, because it asked for another form: it waited for the whole. */
async function deliverConverted(exchange: Exchange, outcome: UpstreamOutcome, to: Recipient): Promise<void> {
  const { answer, costUsd } = await outcome.settled;
  const { stream } = exchange.request;
  // Of a stream that is no whole answer, the bytes say more than an error would.
  if (answer === undefined && outcome.live.streamed === stream) return follow(exchange, outcome, to);
  outcome.release();
  if (answer === undefined) {
    const why = outcome.live.error ?? new NearhitError('UPSTREAM_INVALID', 'The provider sent no complete answer.');
    return writeError(exchange, why, to);
  }
  const body = rendered(answer, exchange, to);
  const form = { costUsd, length: body.length, contentType: stream ? SSE : JSON_TYPE };
  to.res.writeHead(200, upstreamHeaders(exchange, outcome, to.startedAtMs, form));
  finish(exchange, 200, performance.now());
  to.res.end(body);
}

/** A success that is none: HTML, cut JSON, an error in a 200. The client hears it as an error it can handle. */
function faultOf({ fault }: Settled, head: UpstreamHead | undefined): NearhitError | undefined {
  if (fault === undefined) return undefined;
  return new NearhitError(
    'UPSTREAM_INVALID',
    `The provider '${head?.provider}' answered ${head?.status} with a body that is no chat completion: ${fault}.`,
  );
}

/** Passes a live reply on: a stream as it comes, a JSON body when it is whole. */
class LiveWriter implements ReplyListener {
  readonly #exchange: Exchange;
  readonly #outcome: UpstreamOutcome;
  readonly #to: Recipient;
  #held: Buffer[] | undefined = [];
  /** Of a stream that can be read: what is compressed has no lines. */
  #stream: StreamForm | undefined;
  #heldBytes = 0;
  #firstByteAtMs = 0;
  #finished = false;
  /** Content type when the reply is converted. */
  #type: string | undefined;

  constructor(exchange: Exchange, outcome: UpstreamOutcome, to: Recipient) {
    this.#exchange = exchange;
    this.#outcome = outcome;
    this.#to = to;
  }

  onHead(head: UpstreamHead): void {
    if (!this.#outcome.live.streamed || !this.#exchange.request.stream) return;
    const { form, res } = this.#to;
    this.#stream = form.stream(head);
    if (this.#stream === undefined && !form.asSent) return;
    this.#held = undefined;
    if (!form.asSent) this.#type = SSE;
    this.#writeHead(undefined);
    res.flushHeaders();
  }

  onData(chunk: Buffer): boolean {
    if (this.#stream !== undefined) {
      const ready = this.#stream.push(chunk);
      return ready.length === 0 || this.#to.res.write(ready);
    }
    if (this.#held === undefined) return this.#to.res.write(chunk);
    this.#heldBytes += chunk.length;
    if (!this.#to.form.asSent) return this.#hold(chunk);
    this.#held.push(chunk);
    return this.#heldBytes <= HOLD_BYTES_MAX || this.#letGo();
  }

  onEnd(): void {
    if (this.#held === undefined) {
      const rest = this.#stream?.end();
      this.#finish(false);
      this.#to.res.end(rest);
    } else {
      this.#endWhole(this.#held).catch((error: unknown) => {
        this.#finished = true;
        giveUp(this.#exchange, error, this.#to);
      });
    }
  }

  onError(error: NearhitError): void {
    const { res } = this.#to;
    if (!res.headersSent) {
      this.#finished = true;
      writeError(this.#exchange, error, this.#to);
      return;
    }
    this.#finish(true);
    // The status is gone: a stream can still say what happened; of anything else the cut must show.
    if (this.#stream === undefined) res.destroy();
    else res.end(this.#stream.fail(error));
  }

  closed(): void {
    this.#finish(true);
  }

  #hold(chunk: Buffer): boolean {
    if (this.#finished) return true;
    this.#held?.push(chunk);
    if (this.#heldBytes <= TRANSLATED_BYTES_MAX) return true;
    this.#held = [];
    this.#finished = true;
    const why = `The provider's answer is longer than ${TRANSLATED_BYTES_MAX} bytes.`;
    writeError(this.#exchange, new NearhitError('UPSTREAM_INVALID', why), this.#to);
    return true;
  }

  /** Too long to hold: goes on as it comes, its cost unknown at its head. */
  #letGo(): boolean {
    const body = Buffer.concat(this.#held ?? []);
    this.#held = undefined;
    this.#writeHead(undefined);
    return this.#to.res.write(body);
  }

  async #endWhole(held: Buffer[]): Promise<void> {
    const settled = await this.#outcome.settled;
    if (this.#to.res.destroyed || this.#finished) return;
    const fault = faultOf(settled, this.#outcome.live.head);
    if (fault !== undefined) {
      this.#finished = true;
      return writeError(this.#exchange, fault, this.#to);
    }
    const body = held.length === 1 ? (held[0] as Buffer) : Buffer.concat(held);
    const written = this.#to.form.asSent ? this.#inForm(body, settled) : this.#inWords(body, settled);
    this.#writeHead(settled.costUsd, written.length);
    this.#finish(false);
    this.#to.res.end(written);
  }

  /** Some providers answer a stream with JSON, or the other way round: the client still gets what it asked for. */
  #inForm(body: Buffer, { answer }: Settled): Buffer {
    const { stream } = this.#exchange.request;
    if (answer === undefined || this.#outcome.live.streamed === stream) return body;
    this.#type = stream ? SSE : JSON_TYPE;
    return rendered(answer, this.#exchange, this.#to);
  }

  /** In the words of the API that was asked; throws UPSTREAM_INVALID where the body says nothing that can be told. */
  #inWords(body: Buffer, settled: Settled): Buffer {
    const { head, streamed } = this.#outcome.live;
    const status = head?.status ?? 502;
    if (status > 299) {
      this.#type = JSON_TYPE;
      return this.#to.form.error(body, status);
    }
    const answer = settled.answer ?? (streamed ? undefined : body);
    if (answer === undefined)
      throw new NearhitError('UPSTREAM_INVALID', `The provider '${head?.provider}' sent no complete answer.`);
    this.#type = this.#exchange.request.stream ? SSE : JSON_TYPE;
    return rendered(answer, this.#exchange, this.#to);
  }

  #writeHead(costUsd: number | undefined, length?: number): void {
    const { head } = this.#outcome.live;
    const form = { costUsd, length, contentType: this.#type, translated: !this.#to.form.asSent };
    const headers = upstreamHeaders(this.#exchange, this.#outcome, this.#to.startedAtMs, form);
    this.#firstByteAtMs = performance.now();
    this.#to.res.writeHead(head?.status ?? 502, headers);
  }

  #finish(failed: boolean): void {
    if (this.#finished) return;
    this.#finished = true;
    const status = this.#outcome.live.head?.status ?? 499;
    finish(this.#exchange, status, this.#firstByteAtMs || performance.now(), failed);
  }
}
