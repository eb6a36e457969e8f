import { NearhitError } from '@nearhit/core';

/** How far a call had come when it failed. */
export type CallPhase = 'connecting' | 'sent' | 'answering' | 'body';

interface ErrorLike {
  readonly code?: unknown;
  readonly message?: unknown;
}

/** A connection was there and went away. */
const CONNECTION_LOST = new Set(['ECONNRESET', 'EPIPE', 'ECONNABORTED', 'UND_ERR_SOCKET', 'UND_ERR_INFO', 'ETIMEDOUT']);

const PLAIN_WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  ENOTFOUND: 'its host name is not known',
  EAI_AGAIN: 'its host name could not be looked up',
  EHOSTUNREACH: 'no route to its host',
  ENETUNREACH: 'its network cannot be reached',
  EPIPE: 'connection closed',
  UND_ERR_SOCKET: 'connection closed before it answered',
};

const TLS_CODE = /TLS|SSL|CERT|LEAF_SIGNATURE|EPROTO/;

function codeOf(error: unknown): string {
  const { code } = (error ?? {}) as ErrorLike;
  return typeof code === 'string' ? code : '';
}

/** True when a connection was there and went away. */
export function isConnectionLost(error: unknown): boolean {
  return CONNECTION_LOST.has(codeOf(error));
}

/** What a caller is told. Hosts and library messages stay in `detail`. */
export function toNearhitError(error: unknown, provider: { id: string; origin: string }, phase: CallPhase) {
  if (error instanceof NearhitError) return error;
  const code = codeOf(error);
  const name = `Provider ${provider.id}`;
  const { message } = (error ?? {}) as ErrorLike;
  const options = { detail: `${provider.origin} ${phase}: ${code} ${String(message ?? error)}`, cause: error };
  if (code === 'UND_ERR_CONNECT_TIMEOUT' || (code === 'ETIMEDOUT' && phase === 'connecting')) {
    return new NearhitError('UPSTREAM_TIMEOUT', `${name}: no connection within its connect timeout.`, options);
  }
  if (code === 'UND_ERR_HEADERS_TIMEOUT') {
    return new NearhitError('UPSTREAM_TIMEOUT', `${name} sent no answer within its firstByte timeout.`, options);
  }
  if (code === 'UND_ERR_BODY_TIMEOUT') {
    return new NearhitError('UPSTREAM_TIMEOUT', `${name} fell silent for its idle timeout.`, options);
  }
  if (phase === 'body') {
    return new NearhitError('UPSTREAM_ENDED_EARLY', `${name} broke off before its answer was complete.`, options);
  }
  if (code === 'UND_ERR_DESTROYED' || code === 'UND_ERR_CLOSED') {
    return new NearhitError('SHUTTING_DOWN', `${name} is being shut down.`, options);
  }
  if (code === 'UND_ERR_HEADERS_OVERFLOW') {
    return new NearhitError('UPSTREAM_INVALID', `${name} answered with headers that are too large.`, options);
  }
  if (code.startsWith('HPE_')) {
    return new NearhitError('UPSTREAM_INVALID', `${name} answered with something that is not HTTP/1.1.`, options);
  }
  if (code === 'UND_ERR_INVALID_ARG') return new NearhitError('INTERNAL', 'The call could not be sent.', options);
  if (phase === 'answering') {
    return new NearhitError('UPSTREAM_INVALID', `${name} broke off within its headers.`, options);
  }
  const why =
    PLAIN_WORDS[code] ?? (TLS_CODE.test(code) ? 'its TLS certificate or handshake failed' : 'connection failed');
  return new NearhitError('UPSTREAM_UNREACHABLE', `${name} can't be reached: ${why}.`, options);
}
