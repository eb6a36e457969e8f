import { isObject, type JsonObject } from '@nearhit/core';
import { type ErrorObject, errorFor, type ProviderError } from '../provider/errors.ts';
import { objectsOf, textOf } from '../provider/values.ts';

/** `{"error": {"code", "message", "status", "details"}}`, of an event in mid-stream. */
export function geminiError(body: JsonObject): ErrorObject {
  const error = isObject(body.error) ? body.error : {};
  return errorFor(typeof error.code === 'number' ? error.code : 500, textOf(error.message));
}

/** A wrong key is a 400 to Google, and the time to wait stands in the body. */
export function geminiRefusal(status: number, body: JsonObject): ProviderError {
  const error = isObject(body.error) ? body.error : {};
  const details = objectsOf(error.details);
  const badKey = details.some(({ reason }) => reason === 'API_KEY_INVALID');
  const meant = badKey ? 401 : status;
  return {
    error: errorFor(meant, textOf(error.message)),
    status: meant,
    retryAfterSeconds: details.map(({ retryDelay }) => secondsOf(retryDelay)).find((seconds) => seconds !== undefined),
  };
}

/** `34.07s`, rounded up. */
function secondsOf(duration: unknown): number | undefined {
  const seconds = /^(\d+(?:\.\d+)?)s$/.exec(textOf(duration))?.[1];
  return seconds === undefined ? undefined : Math.ceil(Number(seconds));
}
