import type { JsonObject } from './answer.ts';

/** Usage stands among the last events of a stream, and before or behind all else of a JSON body; it is never near this long. */
const EDGE_BYTES = 4096;
const NOTHING = Buffer.alloc(0);
const FIELD = '"usage"';
/** From behind the field's name to its object. */
const TO_OBJECT = /\s*:\s*(?=\{)/y;

type ReadUsage<Usage> = (answer: JsonObject) => Usage | undefined;

/** The first and the last bytes of a reply: enough to find its usage, whole or not, kept or only passing by. */
export class ReplyEdges {
  #head: Buffer = NOTHING;
  #tail: Buffer = NOTHING;

  static of(body: Buffer): ReplyEdges {
    const edges = new ReplyEdges();
    edges.#head = body.subarray(0, EDGE_BYTES);
    edges.#tail = body.subarray(-EDGE_BYTES);
    return edges;
  }

  push(chunk: Buffer): void {
    const missing = EDGE_BYTES - this.#head.length;
    if (missing > 0) this.#head = Buffer.concat([this.#head, chunk.subarray(0, missing)]);
    this.#tail =
      chunk.length >= EDGE_BYTES
        ? Buffer.from(chunk.subarray(-EDGE_BYTES))
        : Buffer.concat([this.#tail, chunk]).subarray(-EDGE_BYTES);
  }

  /** The last word on it; undefined when none of it can be read. `read`: as `usageOf`. */
  inStream<Usage>(read: ReadUsage<Usage>): Usage | undefined {
    return lastUsage(this.#tail, read);
  }

  inJson<Usage>(read: ReadUsage<Usage>): Usage | undefined {
    return lastUsage(this.#tail, read) ?? lastUsage(this.#head, read);
  }
}

/** Quotes within a JSON text are escaped: what looks like the field is the field, wherever the bytes were cut. */
function lastUsage<Usage>(bytes: Buffer, read: ReadUsage<Usage>): Usage | undefined {
  // Whatever the text says, the figures are ASCII.
  const text = bytes.toString('latin1');
  for (let at = text.lastIndexOf(FIELD); at >= 0; at = at > 0 ? text.lastIndexOf(FIELD, at - 1) : -1) {
    TO_OBJECT.lastIndex = at + FIELD.length;
    const usage = TO_OBJECT.test(text) ? objectAt(text, TO_OBJECT.lastIndex) : undefined;
    const found = usage && read({ usage });
    if (found !== undefined) return found;
  }
  return undefined;
}

/** `from`: where its brace is. Undefined: it is cut off, or none. */
function objectAt(text: string, from: number): JsonObject | undefined {
  let depth = 0;
  let quoted = false;
  for (let at = from; at < text.length; at++) {
    const char = text[at];
    if (char === '\\') at++;
    else if (char === '"') quoted = !quoted;
    else if (quoted) continue;
    else if (char === '{') depth++;
    else if (char === '}' && --depth === 0) return parsed(text.slice(from, at + 1));
  }
  return undefined;
}

function parsed(text: string): JsonObject | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
