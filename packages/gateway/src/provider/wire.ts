import type { UpstreamCall } from '@nearhit/core';

export interface WireRequest {
  /** From the origin's root, query included. */
  readonly path: string;
  /** name, value, name, value ... */
  readonly headers: string[];
  readonly body: Buffer;
}

export interface WireTarget {
  /** The provider's name for the model. */
  readonly model: string;
  /** Of the house or of the caller's tenant; undefined: the client's own credential counts. */
  readonly apiKey: string | undefined;
  /** Path of the base URL, without a slash at its end. */
  readonly prefix: string;
}

/**
 * A reply on its way from a provider's dialect to chat completions. Pure: bytes in, bytes out. A fault in what comes is a
 * NearhitError UPSTREAM_INVALID, thrown.
 */
export interface ReplyTranslator {
  /**
   * The provider's status and headers (lower-case names); answers what to pass on, without content-length. Undefined:
   * that shows when the body is whole, and comes with `end`.
   */
  head(status: number, headers: Readonly<Record<string, string>>): TranslatedHead | undefined;
  /** What can be passed on now; empty when nothing can, and while there is no head. */
  data(chunk: Buffer): Buffer;
  /** What is left, the reply having ended. */
  end(): { readonly data: Buffer; readonly head?: TranslatedHead };
}

export interface TranslatedHead {
  /** The provider's, unless that says something else than it means (Google's 400 for a wrong key). */
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
}

/** How one provider is spoken to. */
export interface Wire {
  /** Throws NearhitError INVALID_REQUEST on what can't be said in this dialect, MODEL_NOT_FOUND on what it has not. */
  request(call: UpstreamCall, target: WireTarget): WireRequest;
  /** Absent: what comes is chat completions already and passes byte for byte. */
  reply?(call: UpstreamCall, model: string): ReplyTranslator;
  /** How it is asked which models it has; absent: it can't be. */
  readonly listing?: {
    path(prefix: string): string;
    headers(apiKey: string | undefined): Record<string, string>;
    /** Ids (and creation, in seconds) out of the answer's JSON. May throw on nonsense. */
    read(answer: unknown): { id: string; created: number }[];
  };
}
