const MESSAGE_MAX = 200;

/** One line about a failure of Redis. Its own errors carry the command they answer, with keys and values: not these. */
export function describeFailure(error: unknown): string {
  const { code, message } = rootOf(error);
  const [first = ''] = message.split('\n');
  const line = (first.split(/, with args|args beginning/i)[0] as string).slice(0, MESSAGE_MAX);
  return typeof code === 'string' && !line.includes(code) ? `${code} ${line}`.trim() : line || 'unknown error';
}

/** For a log: with the reason and the code, without the command. */
export function publicError(error: unknown): Error {
  const { code } = rootOf(error);
  return Object.assign(new Error(describeFailure(error)), typeof code === 'string' && { code });
}

/** A cluster's error wraps the one of the node that was tried last; several addresses of one host come together. */
function rootOf(error: unknown): { code?: unknown; message: string } {
  const { message, code, lastNodeError, errors } = (error ?? {}) as {
    readonly [field: string]: unknown;
    readonly errors?: readonly unknown[];
  };
  if (lastNodeError !== undefined) return rootOf(lastNodeError);
  if (!message && errors?.[0] !== undefined) return rootOf(errors[0]);
  return { code, message: typeof message === 'string' ? message : '' };
}
