import { isObject, type JsonObject } from '@nearhit/core';
import { type ErrorObject, errorFor, type ProviderError } from '../provider/errors.ts';
import { textOf } from '../provider/values.ts';

/** Of an error event, which has no status of its own. */
const STATUSES: Readonly<Record<string, number>> = {
  invalid_request_error: 400,
  authentication_error: 401,
  billing_error: 402,
  permission_error: 403,
  not_found_error: 404,
  request_too_large: 413,
  rate_limit_error: 429,
  api_error: 500,
  timeout_error: 504,
  overloaded_error: 529,
};

/** `{"type": "error", "error": {"type", "message"}}`; what lies under `error` may also come alone. */
export function anthropicError(body: JsonObject, status?: number): ErrorObject {
  const { type, message } = isObject(body.error) ? body.error : body;
  return errorFor(status ?? STATUSES[textOf(type)] ?? 500, textOf(message));
}

export function anthropicRefusal(status: number, body: JsonObject): ProviderError {
  return { error: anthropicError(body, status) };
}
