import { type JsonObject, NearhitError } from '@nearhit/core';
import { faultOf } from '../chat/fault.ts';

/** Anthropic's word for each status; https://docs.anthropic.com/en/api/errors */
const TYPES: Readonly<Record<number, string>> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  402: 'billing_error',
  403: 'permission_error',
  404: 'not_found_error',
  408: 'timeout_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  503: 'overloaded_error',
  504: 'timeout_error',
  529: 'overloaded_error',
};

const ANTHROPIC: ReadonlySet<string> = new Set([...Object.values(TYPES), 'api_error']);

/** `{type: "error", error: {type, message}}`, with OpenAI's `code` and `param` where they say something. */
export function errorBody(error: NearhitError | Buffer | object, status: number): JsonObject {
  const { message, type, code, param } = faultOf(error, status);
  const known = error instanceof NearhitError ? error.status : status;
  const word = TYPES[known] ?? (ANTHROPIC.has(type) ? type : known < 500 ? 'invalid_request_error' : 'api_error');
  return {
    type: 'error',
    error: { type: word, message, ...(code !== null && { code }), ...(param !== null && { param }) },
  };
}
