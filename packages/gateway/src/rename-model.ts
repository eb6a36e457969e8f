const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;

/**
 * The same JSON with another value of the top-level `model`; every other byte stays (parsing and writing again would
 * change numbers and spacing). `body` must be a valid JSON object; without a `model` it comes back unchanged.
 */
export function renameModel(body: Buffer, model: string): Buffer {
  const spans = modelSpans(body);
  if (spans.length === 0) return body;
  const replacement = Buffer.from(JSON.stringify(model));
  const parts: Buffer[] = [];
  let from = 0;
  for (const { start, end } of spans) {
    parts.push(body.subarray(from, start), replacement);
    from = end;
  }
  parts.push(body.subarray(from));
  return Buffer.concat(parts);
}

/** Where the string values of top-level `model` keys are, quotes included. */
function modelSpans(body: Buffer): { start: number; end: number }[] {
  const spans: { start: number; end: number }[] = [];
  let depth = 0;
  let key: string | undefined;
  let afterColon = false;
  for (let i = 0; i < body.length; i++) {
    const byte = body[i];
    if (byte === QUOTE) {
      const end = stringEnd(body, i);
      if (depth === 1 && !afterColon) key = keyText(body.subarray(i, end));
      else if (depth === 1 && key === 'model') spans.push({ start: i, end });
      i = end - 1;
    } else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
      depth++;
    } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
      depth--;
    } else if (depth === 1 && byte === COLON) {
      afterColon = true;
    } else if (depth === 1 && byte === 0x2c) {
      afterColon = false;
      key = undefined;
    }
  }
  return spans;
}

/** Index after the closing quote. */
function stringEnd(body: Buffer, start: number): number {
  let i = start + 1;
  while (i < body.length && body[i] !== QUOTE) i += body[i] === BACKSLASH ? 2 : 1;
  return i + 1;
}

function keyText(quoted: Buffer): string | undefined {
  try {
    return JSON.parse(quoted.toString()) as string;
  } catch {
    return undefined;
  }
}
