import type { NearhitError } from '../errors.ts';

export interface SseEvent {
  readonly data: string;
  /** Absent for the default type, `message`. */
  readonly event?: string;
}

/**
 * Server-sent events out of bytes that may be cut anywhere, in the middle of a character too. Fields `id` and `retry`
 * are read over. WHATWG HTML, section 9.2.6 "Interpreting an event stream".
 */
export class SseParser {
  readonly #decoder = new TextDecoder('utf-8');
  /** Beginning of a line whose end has not come yet. Grown by +=, which V8 keeps as a rope: linear however small the cuts. */
  #line = '';
  /** The last text ended in CR: an LF that follows belongs to it. */
  #afterCr = false;
  #data: string[] = [];
  #event = '';

  /** Events that these bytes complete, in order. */
  push(bytes: Uint8Array): SseEvent[] {
    const events: SseEvent[] = [];
    this.#read(this.#decoder.decode(bytes, { stream: true }), events);
    return events;
  }

  /** The event that the end of the stream cut off before its blank line. The standard discards it; callers may look. */
  end(): SseEvent | undefined {
    const events: SseEvent[] = [];
    this.#read(`${this.#decoder.decode()}\n\n`, events);
    return events[0];
  }

  #read(text: string, events: SseEvent[]): void {
    if (text === '') return;
    let start = this.#afterCr && text.charCodeAt(0) === 10 ? 1 : 0;
    this.#afterCr = false;
    const lineEnd = /\r\n?|\n/g;
    lineEnd.lastIndex = start;
    for (let match = lineEnd.exec(text); match !== null; match = lineEnd.exec(text)) {
      this.#endLine(this.#line + text.slice(start, match.index), events);
      this.#line = '';
      start = lineEnd.lastIndex;
    }
    this.#line += text.slice(start);
    this.#afterCr = text.charCodeAt(text.length - 1) === 13;
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
    const data = this.#data.join('\n');
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
