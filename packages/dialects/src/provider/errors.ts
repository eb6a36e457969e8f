import type { JsonObject } from '@nearhit/core';

/** OpenAI's error object. */
export interface ErrorObject extends JsonObject {
  readonly message: string;
  readonly type: string;
  readonly param: null;
  readonly code: string | null;
}

/** A provider's refusal in OpenAI's words. */
export interface ProviderError {
  readonly error: ErrorObject;
  /** Where the provider's own status says something else than it means. */
  readonly status?: number | undefined;
  readonly retryAfterSeconds?: number | undefined;
}

const BY_STATUS: Readonly<Record<number, readonly [type: string, code: string | null]>> = {
  400: ['invalid_request_error', null],
  401: ['authentication_error', 'invalid_api_key'],
  402: ['insufficient_quota', 'insufficient_quota'],
  403: ['permission_error', null],
  404: ['invalid_request_error', 'model_not_found'],
  408: ['server_error', 'timeout'],
  413: ['invalid_request_error', 'request_too_large'],
  422: ['invalid_request_error', null],
  429: ['rate_limit_error', 'rate_limit_exceeded'],
  503: ['server_error', 'overloaded'],
  504: ['server_error', 'timeout'],
  529: ['server_error', 'overloaded'],
};

/** For a status that a provider gave; `message` empty: it said nothing that can be shown. */
export function errorFor(status: number, message: string): ErrorObject {
  const [type, code] = BY_STATUS[status] ?? [status >= 500 ? 'server_error' : 'invalid_request_error', null];
  return { message: message || `The provider answered with status ${status}.`, type, param: null, code };
}
