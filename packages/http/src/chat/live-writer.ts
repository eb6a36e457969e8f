import {
  type Exchange,
  NearhitError,
  type ReplyListener,
  type Settled,
  type UpstreamHead,
  type UpstreamOutcome,
} from '@nearhit/core';
import { endAccounted } from '../reply.ts';
import type { StreamForm } from './form.ts';
import { upstreamHeaders } from './head.ts';
import { finish, giveUp, JSON_TYPE, type Recipient, rendered, SSE, writeError } from './recipient.ts';

/** A JSON reply is held until it is whole, so that its headers can tell its cost; a longer one is passed on as it comes. */
const HOLD_BYTES_MAX = 1_048_576;
/** A reply that is put into other words is held to its end; one longer than this is no answer. */
const TRANSLATED_BYTES_MAX = 67_108_864;

/** A success that is none: HTML, cut JSON, an error in a 200. The client hears it as an error it can handle. */
function faultOf({ fault }: Settled, head: UpstreamHead | undefined): NearhitError | undefined {
  if (fault === undefined) return undefined;
  return new NearhitError(
    'UPSTREAM_INVALID',
    `The provider '${head?.provider}' answered ${head?.status} with a body that is no chat completion: ${fault}.`,
  );
}

/** Passes a live reply on: a stream as it comes, a JSON body when it is whole. */
export class LiveWriter implements ReplyListener {
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
      endAccounted(this.#to.res, rest);
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
    else endAccounted(res, this.#stream.fail(error));
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
    endAccounted(this.#to.res, written);
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
