import { ERRORS, isObject, NearhitError } from '@nearhit/core';

/** What went wrong, in OpenAI's words, whoever says it. */
export interface Fault {
  readonly message: string;
  readonly type: string;
  readonly code: string | null;
  readonly param: string | null;
}

const textOr = <T>(value: unknown, other: T): string | T => (typeof value === 'string' && value !== '' ? value : other);

/** A provider's error, whatever of OpenAI's shape it has; its words when it has any. */
function faultIn(body: unknown, status: number): Fault {
  const error = isObject(body) ? (body.error ?? body) : undefined;
  const fields = isObject(error) ? error : {};
  const message = textOr(error, textOr(fields.message, textOr(isObject(body) ? body.detail : undefined, undefined)));
  return {
    message: message ?? `The provider answered with status ${status} and no message.`,
    type: textOr(fields.type, status < 500 ? 'invalid_request_error' : 'upstream_error'),
    code: typeof fields.code === 'number' ? String(fields.code) : textOr(fields.code, null),
    param: textOr(fields.param, null),
  };
}

/** Of nearhit's own error, of an error body, or of what the `error` field of a stream's event holds. */
export function faultOf(error: NearhitError | Buffer | object, status: number): Fault {
  if (error instanceof NearhitError) {
    const { type, code } = ERRORS[error.kind];
    return { message: error.message, type, code, param: error.param };
  }
  if (!Buffer.isBuffer(error)) return faultIn(error, status);
  try {
    return faultIn(JSON.parse(error.toString('utf8')), status);
  } catch {
    return faultIn(undefined, status);
  }
}
