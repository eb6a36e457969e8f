import type { NearhitError } from '../errors.ts';

export interface SseEvent {
  readonly data: string;
  /** Absent for the default type, `message`. */
  readonly event?: string;
}

const LF = 10;
const CR = 13;

/**
 * Server-sent events out of bytes that may be cut anywhere, in the middle of a character too. Fields `id` and `retry`
 * are read over. WHATWG HTML, section 9.2.6 "Interpreting an event stream". Lines are found in the bytes and decoded
 * whole: no byte of a longer UTF-8 sequence looks like a line end, and it is several times as fast as a TextDecoder.
 */
export class SseParser {
  /** Beginning of a line whose end has not come yet. */
  #partial: Buffer[] = [];
  /** The last bytes ended in CR: an LF that follows belongs to it. */
  #afterCr = false;
  #atStart = true;
  #data: string[] = [];
  #event = '';

  /** Events that these bytes complete, in order. Keeps views of the bytes until their line is whole. */
  push(bytes: Uint8Array): SseEvent[] {
    const events: SseEvent[] = [];
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (buffer.byteLength === 0) return events;
    let start = this.#afterCr && buffer[0] === LF ? 1 : 0;
    let cr = buffer.indexOf(CR, start);
    for (let lf = buffer.indexOf(LF, start); lf >= 0 || cr >= 0; ) {
      const atCr = cr >= 0 && (lf < 0 || cr < lf);
      const end = atCr ? cr : lf;
      this.#endLine(this.#line(buffer, start, end), events);
      start = atCr && lf === end + 1 ? end + 2 : end + 1;
      if (atCr) cr = buffer.indexOf(CR, start);
      if (lf >= 0 && lf < start) lf = buffer.indexOf(LF, start);
    }
    if (start < buffer.byteLength) this.#partial.push(buffer.subarray(start));
    this.#afterCr = buffer[buffer.byteLength - 1] === CR;
    return events;
  }

  /** The event that the end of the stream cut off before its blank line. The standard discards it; callers may look. */
  end(): SseEvent | undefined {
    this.#afterCr = false;
    return this.push(Buffer.from('\n\n'))[0];
  }

  #line(buffer: Buffer, start: number, end: number): string {
    let line: string;
    if (this.#partial.length === 0) line = buffer.toString('utf8', start, end);
    else {
      line = Buffer.concat([...this.#partial, buffer.subarray(start, end)]).toString('utf8');
      this.#partial = [];
    }
    const marked = this.#atStart && line.charCodeAt(0) === 0xfeff;
    this.#atStart = false;
    return marked ? line.slice(1) : line;
  }

  #endLine(line: string, events: SseEvent[]): void {
    if (line === '') {
      this.#dispatch(events);
      return;
    }
    const colon = line.indexOf(':');
    const field = colon < 0 ? line : line.slice(0, colon);
    if (field === 'data') this.#data.push(valueAfter(line, colon));
    else if (field === 'event') this.#event = valueAfter(line, colon);
  }

  #dispatch(events: SseEvent[]): void {
    const data = this.#data.length === 1 ? (this.#data[0] as string) : this.#data.join('\n');
    if (data !== '') events.push(this.#event === '' ? { data } : { data, event: this.#event });
    if (this.#data.length > 0) this.#data = [];
    this.#event = '';
  }
}

function valueAfter(line: string, colon: number): string {
  if (colon < 0) return '';
  return line.slice(line.charCodeAt(colon + 1) === 32 ? colon + 2 : colon + 1);
}

/** All whole events of a recorded stream. */
export function splitSse(bytes: Uint8Array): SseEvent[] {
  return new SseParser().push(bytes);
}

/**
 * What a client gets when the upstream dies in the middle of its stream. The status line has long been sent, so the
 * error travels as an event: `event: error` for readers of the event type, and OpenAI's error object in `data` for the
 * clients of openai, ai and langchain, which look for `data.error` and throw. No `[DONE]` follows it.
 */
export function sseError(error: NearhitError): Buffer {
  return Buffer.from(`event: error\ndata: ${JSON.stringify(error.toBody())}\n\n`);
}
