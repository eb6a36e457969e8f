import type { FrontApi, NearhitError } from '@nearhit/core';

/** Another API for chats, as far as lines need it: a request as a chat completion, and the answer in its words. */
export interface LineDialect {
  readonly name: FrontApi;
  /** Throws NearhitError INVALID_JSON or INVALID_REQUEST. */
  read(body: Buffer): { readonly body: Buffer; readonly replies: LineReplies };
  /** For what fails before a request could be read. */
  error(error: NearhitError | Buffer, status: number): Buffer;
}

export interface LineReplies {
  /** A whole `chat.completion` object. Throws UPSTREAM_INVALID when it is none. */
  whole(answer: Buffer): Buffer;
  error(error: NearhitError | Buffer, status: number): Buffer;
}
