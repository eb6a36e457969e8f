/** One line of a file. `bytes` counts its end too; `text` is undefined when the line can't be read. */
export interface Line {
  /** From 1. */
  readonly number: number;
  readonly bytes: number;
  readonly text: string | undefined;
  readonly fault?: string;
}

export const LINE_BYTES_MAX = 4 * 1024 * 1024;
const NEWLINE = 0x0a;

/**
 * The lines of a stream of UTF-8, however it is cut into chunks. Only line feeds end a line (node:readline would also cut at
 * U+2028, which JSON strings may hold). A byte order mark at the beginning is dropped. A line over 4 MiB is not kept in memory.
 */
export async function* linesOf(chunks: AsyncIterable<Buffer>): AsyncGenerator<Line> {
  const line = new OpenLine();
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      line.add(chunk.subarray(start, end));
      yield line.finish(1);
      start = end + 1;
    }
    line.add(chunk.subarray(start));
  }
  if (line.bytes > 0) yield line.finish(0);
}

class OpenLine {
  bytes = 0;
  #number = 0;
  #parts: Buffer[] = [];
  readonly #decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

  add(part: Buffer): void {
    this.bytes += part.length;
    if (this.bytes > LINE_BYTES_MAX) this.#parts = [];
    else if (part.length > 0) this.#parts.push(part);
  }

  finish(endBytes: number): Line {
    this.#number += 1;
    const seen = { number: this.#number, bytes: this.bytes + endBytes };
    const whole = this.bytes <= LINE_BYTES_MAX ? Buffer.concat(this.#parts) : undefined;
    this.bytes = 0;
    this.#parts = [];
    if (whole === undefined) return { ...seen, text: undefined, fault: `longer than ${LINE_BYTES_MAX} bytes` };
    try {
      const text = this.#decoder.decode(whole);
      return { ...seen, text: this.#number === 1 ? text.replace(/^\ufeff/, '') : text };
    } catch {
      return { ...seen, text: undefined, fault: 'not UTF-8' };
    }
  }
}
