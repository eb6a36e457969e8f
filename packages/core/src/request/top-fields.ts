const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;

/** Bytes of a JSON text: `start` included, `end` not. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** A field of an object, as it is written: `"key": value`. */
export interface TopField extends Span {
  readonly key: string;
  /** The value where it is a string, quotes included. */
  readonly text: Span | undefined;
}

/** Each field of the outermost object, a repeated one again. `body` must be a valid JSON object. */
export function* topFields(body: Buffer): Generator<TopField> {
  let depth = 0;
  let start = -1;
  let key = '';
  let text: Span | undefined;
  for (let at = 0; at < body.length; at++) {
    const byte = body[at];
    if (byte === QUOTE) {
      const end = stringEnd(body, at);
      if (depth === 1 && start >= 0) text = { start: at, end };
      else if (depth === 1) {
        start = at;
        key = JSON.parse(body.toString('utf8', at, end)) as string;
      }
      at = end - 1;
    } else if (depth === 1 && start >= 0 && (byte === COMMA || byte === CLOSE_BRACE)) {
      yield { key, start, end: at, text };
      start = -1;
      text = undefined;
    }
    if (byte === OPEN_BRACE || byte === OPEN_BRACKET) depth++;
    else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) depth--;
  }
}

/** Index after the closing quote. */
function stringEnd(body: Buffer, start: number): number {
  let at = start + 1;
  while (at < body.length && body[at] !== QUOTE) at += body[at] === BACKSLASH ? 2 : 1;
  return at + 1;
}
