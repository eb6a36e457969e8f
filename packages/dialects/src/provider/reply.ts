import { isObject, type JsonObject, NearhitError, type SseEvent, SseParser } from '@nearhit/core';
import { errorFor, type ProviderError } from './errors.ts';

export interface ReplyOptions {
  /** As the provider was asked for it. */
  readonly model: string;
  readonly stream: boolean;
  /** `stream_options.include_usage` of the request. */
  readonly includeUsage: boolean;
}

/** How one vendor's replies become chat completions. Made per call. */
export interface ReplyDialect {
  /** `Anthropic message`, for messages about what was none. */
  readonly expected: string;
  /** A whole answer. Throws UPSTREAM_INVALID when it is none. `created`: seconds since 1970, 0 when not known. */
  whole(answer: JsonObject, created: number): JsonObject;
  stream(created: number): ReplyStream;
  error(status: number, body: JsonObject): ProviderError;
}

/** A stream on its way to chat completion chunks. */
export interface ReplyStream {
  /** Events that this one makes, empty when it makes none. Throws UPSTREAM_INVALID. */
  push(event: SseEvent): string;
  /** What is left. Throws UPSTREAM_ENDED_EARLY when the answer is not complete. */
  end(): string;
}

export interface ReplyHead {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
}

const BYTES_MAX = 64 * 1024 * 1024;
/** About a body that does not go on as it is. */
const NOT_PASSED = new Set(['content-length', 'content-type', 'content-encoding', 'content-md5', 'etag', 'digest']);
const NOTHING = Buffer.alloc(0);

/**
 * One reply in translation: a stream event by event, everything else when it is whole, its head with it, so that what is
 * no answer becomes an error and not a head with nothing behind it.
 */
export class TranslatedReply {
  readonly #dialect: ReplyDialect;
  readonly #streaming: boolean;
  #status = 0;
  #headers: Record<string, string> = {};
  #created = 0;
  #stream: ReplyStream | undefined;
  readonly #parser = new SseParser();
  readonly #chunks: Buffer[] = [];
  /** Of a whole body; of a stream, since the last event. */
  #bytes = 0;

  /** `streaming`: server-sent events were asked for. */
  constructor(dialect: ReplyDialect, streaming: boolean) {
    this.#dialect = dialect;
    this.#streaming = streaming;
  }

  /** Undefined: the head comes with the end. */
  head(status: number, headers: Readonly<Record<string, string>>): ReplyHead | undefined {
    const encoding = headers['content-encoding'] ?? 'identity';
    if (encoding !== 'identity') throw this.#notAnAnswer(`it is encoded as ${encoding}, which nobody asked for`);
    this.#status = status;
    for (const name in headers) if (!NOT_PASSED.has(name)) this.#headers[name] = headers[name] as string;
    this.#created = Math.floor(Date.parse(headers.date ?? '') / 1000) || 0;
    if (!this.#streaming || !isSuccess(status) || !/^text\/event-stream/i.test(headers['content-type'] ?? '')) {
      return undefined;
    }
    this.#stream = this.#dialect.stream(this.#created);
    return this.#headAs(status, 'text/event-stream; charset=utf-8');
  }

  data(chunk: Buffer): Buffer {
    this.#bytes += chunk.length;
    if (this.#bytes > BYTES_MAX) throw this.#notAnAnswer(`it is longer than ${BYTES_MAX} bytes`);
    if (this.#stream === undefined) {
      this.#chunks.push(chunk);
      return NOTHING;
    }
    const events = this.#parser.push(chunk);
    if (events.length === 0) return NOTHING;
    this.#bytes = 0;
    let text = '';
    for (const event of events) text += this.#stream.push(event);
    return text === '' ? NOTHING : Buffer.from(text);
  }

  /** What is left. `head` when it had not been told before. */
  end(): { readonly data: Buffer; readonly head?: ReplyHead } {
    if (this.#stream !== undefined) {
      const tail = this.#parser.end();
      const text = (tail === undefined ? '' : this.#stream.push(tail)) + this.#stream.end();
      return { data: text === '' ? NOTHING : Buffer.from(text) };
    }
    const body = this.#json();
    if (isSuccess(this.#status)) {
      if (body === undefined) throw this.#notAnAnswer('it is not a JSON object');
      const answer = this.#dialect.whole(body, this.#created);
      return { data: Buffer.from(JSON.stringify(answer)), head: this.#headAs(this.#status, 'application/json') };
    }
    const { error, status, retryAfterSeconds } =
      body === undefined ? { error: errorFor(this.#status, '') } : this.#dialect.error(this.#status, body);
    if (retryAfterSeconds !== undefined) this.#headers['retry-after'] ??= String(retryAfterSeconds);
    return {
      data: Buffer.from(JSON.stringify({ error })),
      head: this.#headAs(status ?? this.#status, 'application/json'),
    };
  }

  #headAs(status: number, contentType: string): ReplyHead {
    return { status, headers: { ...this.#headers, 'content-type': contentType } };
  }

  #json(): JsonObject | undefined {
    try {
      const value: unknown = JSON.parse(Buffer.concat(this.#chunks).toString('utf8'));
      // Google wraps what a stream was refused with in a list.
      const first: unknown = Array.isArray(value) ? value[0] : value;
      return isObject(first) ? first : undefined;
    } catch {
      return undefined;
    }
  }

  #notAnAnswer(why: string): NearhitError {
    return invalidReply(`The provider's answer is no ${this.#dialect.expected}: ${why}.`);
  }
}

function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}

export function invalidReply(message: string): NearhitError {
  return new NearhitError('UPSTREAM_INVALID', message);
}

/** The JSON object that an event carries. Throws UPSTREAM_INVALID. */
export function objectOf(event: SseEvent, expected: string): JsonObject {
  try {
    const value: unknown = JSON.parse(event.data);
    if (isObject(value)) return value;
  } catch {
    // Falls through to the one message.
  }
  throw invalidReply(`The provider's stream is no ${expected}: an event carries no JSON object.`);
}

export function endedEarly(): NearhitError {
  return new NearhitError('UPSTREAM_ENDED_EARLY', 'The provider ended its stream before its answer was complete.');
}
