import { NearhitError } from '../errors.ts';

const CODE = /^[A-Z][A-Z0-9_]+$/;

/**
 * What kind of failure it was, on one line: an error's name and code (`Error ECONNREFUSED`, `ReplyError OOM`). Never its
 * message, which may quote a prompt.
 */
export function failureReason(error: unknown): string {
  if (error instanceof NearhitError) return error.kind;
  if (!(error instanceof Error)) return 'unknown error';
  // Redis puts its code at the beginning of the message.
  const code = 'code' in error ? String(error.code) : error.name === 'ReplyError' ? error.message.split(' ', 1)[0] : '';
  return code !== undefined && CODE.test(code) ? `${error.name} ${code}` : error.name;
}
