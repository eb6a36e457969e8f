import { NearhitError } from '@nearhit/core';

/** A longer JSON reply is passed on while it comes. */
export const HELD_BYTES_MAX = 1_048_576;
/** Longer JSON is looked at from both ends only: a parse of it would cost more than it finds. */
const PARSED_BYTES_MAX = 65_536;
/** What an SSE stream that begins with a refusal begins with. */
const STREAM_BEGINNING_BYTES = 80;
const STREAM_ERROR = /^\s*(event:\s?error|(event:[^\n]*\n)?data:\s?\{\s*"error"\s*:\s*[{"])/;

type Headers = Readonly<Record<string, string>>;

/**
 * How a 2xx reply can be judged before it is passed on. `json`: when it is whole; `stream`: by its first bytes;
 * `unseen`: not at all.
 */
export function replyForm(status: number, headers: Headers, stream: boolean): 'json' | 'stream' | 'unseen' {
  if (status === 204 || status === 205 || status >= 300) return 'unseen';
  const encoding = headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity') return 'unseen';
  const type = headers['content-type'];
  return type === undefined ? (stream ? 'stream' : 'json') : type.startsWith('text/event-stream') ? 'stream' : 'json';
}

/** What speaks against the beginning of a JSON reply. */
export function jsonBeginningFault(provider: string, chunk: Buffer): NearhitError | undefined {
  const first = firstByte(chunk);
  if (first === undefined || first === BRACE || first === BRACKET) return undefined;
  return invalid(provider, 'answered with something that is not JSON');
}

/** A JSON reply that has come to its end. `fault`: what speaks against it; `json`: its value, where it was parsed. */
export interface JudgedJson {
  readonly fault?: NearhitError;
  readonly json?: unknown;
}

export function judgeJson(provider: string, body: Buffer): JudgedJson {
  const fault = (what: string): JudgedJson => ({ fault: invalid(provider, what) });
  const first = firstByte(body);
  if (first === undefined) return fault('answered with an empty body');
  const last = lastByte(body);
  if (last !== (first === BRACE ? BRACE_END : BRACKET_END)) return fault('answered with JSON that is not whole');
  if (body.length > PARSED_BYTES_MAX) return {};
  let json: { error?: unknown; choices?: unknown; data?: unknown };
  try {
    json = JSON.parse(body.toString());
  } catch {
    return fault('answered with broken JSON');
  }
  const refused = typeof json.error === 'object' && json.error !== null;
  if (refused && json.choices === undefined && json.data === undefined)
    return fault('answered with an error under a status of success');
  return { json };
}

/** What speaks against a stream that begins so. */
export function streamFault(provider: string, chunk: Buffer): NearhitError | undefined {
  const beginning = chunk.toString('latin1', 0, STREAM_BEGINNING_BYTES);
  if (STREAM_ERROR.test(beginning)) return invalid(provider, 'began its stream with an error');
  return firstByte(chunk) === ANGLE ? invalid(provider, 'answered with a page instead of a stream') : undefined;
}

/** A stream that ended before its first byte. */
export function emptyStream(provider: string): NearhitError {
  return invalid(provider, 'answered with an empty stream');
}

function invalid(provider: string, what: string): NearhitError {
  return new NearhitError('UPSTREAM_INVALID', `Provider ${provider} ${what}.`);
}

const BRACE = 0x7b;
const BRACE_END = 0x7d;
const BRACKET = 0x5b;
const BRACKET_END = 0x5d;
const ANGLE = 0x3c;
const isSpace = (byte: number): boolean => byte === 0x20 || (byte >= 0x09 && byte <= 0x0d);

/** Undefined: blank, or a byte-order mark and blank. */
function firstByte(bytes: Buffer): number | undefined {
  let at = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
  while (at < bytes.length && isSpace(bytes[at] as number)) at++;
  return bytes[at];
}

function lastByte(bytes: Buffer): number | undefined {
  let at = bytes.length - 1;
  while (at >= 0 && isSpace(bytes[at] as number)) at--;
  return bytes[at];
}
