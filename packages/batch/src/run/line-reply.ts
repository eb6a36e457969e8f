import { type Caller, ERRORS, NearhitError } from '@nearhit/core';

/** One line of a batch on its way to an answer. */
export interface LineCall {
  readonly callId: string;
  readonly body: Buffer;
  /** As asked for in the body. */
  readonly model: string;
  readonly caller: Caller;
  readonly headers: Readonly<Record<string, string>>;
  /** Aborted: nobody waits for it any more. */
  readonly signal: AbortSignal;
}

export interface LineReply {
  readonly status: number;
  /** JSON without a line break. */
  readonly body: string;
  /** It may go better another time. */
  readonly retry?: Retry | undefined;
}

export interface Retry {
  /** Not before so long; absent: as soon as it seems wise. */
  readonly afterMs?: number | undefined;
  /** It never left the house: its caller has used up what is allowed in a minute. It may wait as often as it must. */
  readonly held: boolean;
}

/** Answers one line. Rejects when it was aborted, and never else. */
export type Ask = (call: LineCall) => Promise<LineReply>;

export class Aborted extends Error {}

export function replyOfError(error: unknown): LineReply {
  const known =
    error instanceof NearhitError
      ? error
      : new NearhitError('INTERNAL', 'Something failed in nearhit.', { cause: error });
  const retry: Retry | undefined = ERRORS[known.kind].retryable
    ? { afterMs: known.retryAfterMs, held: known.kind === 'RATE_LIMITED' }
    : undefined;
  return { status: known.status, body: JSON.stringify(known.toBody()), retry };
}

/** A provider's reply, whole. `contentType` counts only for what is no JSON. */
export function replyOf(status: number, bytes: Buffer, headers: Readonly<Record<string, string>>): LineReply {
  const retry = isPassing(status) ? { afterMs: retryAfterMs(headers), held: false } : undefined;
  return { status, body: oneLine(bytes) ?? notJson(status), retry };
}

const isPassing = (status: number): boolean => status === 408 || status === 429 || status >= 500;

function retryAfterMs(headers: Readonly<Record<string, string>>): number | undefined {
  const given = headers['retry-after'];
  if (given === undefined) return undefined;
  const ms = /^\d+$/.test(given) ? Number(given) * 1000 : Date.parse(given) - Date.now();
  return ms > 0 ? ms : undefined;
}

/** Line breaks are white space in JSON, never part of a text; undefined for what is no JSON. */
function oneLine(bytes: Buffer): string | undefined {
  const text = bytes.toString('utf8');
  try {
    JSON.parse(text);
  } catch {
    return undefined;
  }
  return text.replace(/[\r\n]+/g, ' ').trim();
}

function notJson(status: number): string {
  const message = `The provider answered ${status} with a body that is no JSON.`;
  return JSON.stringify(new NearhitError('UPSTREAM_INVALID', message).toBody());
}
