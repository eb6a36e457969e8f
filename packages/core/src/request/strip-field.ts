const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;

/**
 * The same JSON object without one of its fields, however often it is there; every other field stays byte for byte
 * (parsing and writing again would change numbers). `body` must be a valid JSON object.
 */
export function stripField(body: Buffer, field: string): Buffer {
  const kept: Buffer[] = [];
  for (const { key, bytes } of topFields(body)) if (key !== field) kept.push(COMMA_BYTES, bytes);
  return Buffer.concat([Buffer.from('{'), ...kept.slice(1), Buffer.from('}')]);
}

const COMMA_BYTES = Buffer.from(',');

/** Each `"key": value` of the outermost object, as it is written. */
function* topFields(body: Buffer): Generator<{ key: string; bytes: Buffer }> {
  let depth = 0;
  let start = -1;
  let key = '';
  for (let at = 0; at < body.length; at++) {
    const byte = body[at];
    if (byte === QUOTE) {
      const end = stringEnd(body, at);
      if (depth === 1 && start < 0) {
        start = at;
        key = JSON.parse(body.toString('utf8', at, end)) as string;
      }
      at = end - 1;
    } else if (depth === 1 && start >= 0 && (byte === COMMA || byte === CLOSE_BRACE)) {
      yield { key, bytes: body.subarray(start, at) };
      start = -1;
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
