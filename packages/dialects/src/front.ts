import type { FrontApi, NearhitError } from '@nearhit/core';

/** A request of another API, put as a chat completion request. */
export interface FrontRequest {
  /** To be answered as if a client had sent it to /v1/chat/completions. */
  readonly body: Buffer;
  readonly stream: boolean;
  /** Renders the answer in the API that was asked. */
  readonly replies: FrontReplies;
}

/** The way back: from a chat completion answer to the API that was asked. Made per request; pure. */
export interface FrontReplies {
  /**
   * What `whole` and `replay` give depends on the answer alone, and may be kept with it under this name. Absent: it
   * repeats parts of the request.
   */
  readonly form?: string | undefined;
  /** A whole `chat.completion` object (UTF-8 JSON). Throws UPSTREAM_INVALID when it is none. */
  whole(answer: Buffer): Buffer;
  /** The same as the events of a stream, all of them. Throws UPSTREAM_INVALID when it is none. */
  replay(answer: Buffer): Buffer;
  /** A stream of `chat.completion.chunk` events, in whole lines or in pieces. */
  stream(): FrontStream;
  /** An error body in the API's own shape; an upstream's error body (OpenAI's shape) is one as well. */
  error(error: NearhitError | Buffer, status: number): Buffer;
}

export interface FrontStream {
  /** Events that can go out now; empty when none can. */
  push(chunk: Buffer): Buffer;
  /** The chat stream has ended: what closes this one. */
  end(): Buffer;
  /** It broke off: the API's own error event. */
  fail(error: NearhitError): Buffer;
}

/** One API that nearhit speaks to clients beside chat completions. */
export interface FrontDialect {
  readonly name: FrontApi;
  /** Throws NearhitError INVALID_JSON or INVALID_REQUEST in terms of what the caller wrote (`param`). */
  read(body: Buffer): FrontRequest;
  /** For what fails before a request could be read: as `FrontReplies.error`. */
  error(error: NearhitError | Buffer, status: number): Buffer;
}
