import { createBreath } from '../breath.ts';

export interface RawLine {
  /** From 1; blank lines count. */
  readonly number: number;
  /** Without its line break. Empty when it was too long. */
  readonly bytes: Buffer;
  readonly tooLong: boolean;
}

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

/** The lines of a file that hold anything but white space. Never more of it in memory than a piece and one line. */
export async function* linesOf(pieces: AsyncIterable<Buffer>, lineBytesMax: number): AsyncGenerator<RawLine> {
  const line = new LineBuffer(lineBytesMax);
  const breath = createBreath();
  for await (const piece of pieces) {
    for (let from = 0; from < piece.length; ) {
      const end = piece.indexOf(LINE_FEED, from);
      line.push(piece.subarray(from, end < 0 ? piece.length : end));
      if (end < 0) break;
      from = end + 1;
      const whole = line.take();
      if (whole !== undefined) yield whole;
      await breath();
    }
  }
  const last = line.take();
  if (last !== undefined) yield last;
}

class LineBuffer {
  readonly #bytesMax: number;
  #parts: Buffer[] = [];
  #bytes = 0;
  #number = 1;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  push(part: Buffer): void {
    this.#bytes += part.length;
    if (this.#bytes > this.#bytesMax) this.#parts = [];
    else this.#parts.push(part);
  }

  /** The line that ends here; undefined when it is blank. */
  take(): RawLine | undefined {
    const number = this.#number++;
    const tooLong = this.#bytes > this.#bytesMax;
    let bytes = this.#parts.length === 1 ? (this.#parts[0] as Buffer) : Buffer.concat(this.#parts);
    this.#parts = [];
    this.#bytes = 0;
    if (number === 1 && bytes.subarray(0, 3).equals(BYTE_ORDER_MARK)) bytes = bytes.subarray(3);
    if (bytes.at(-1) === CARRIAGE_RETURN) bytes = bytes.subarray(0, -1);
    if (!tooLong && isBlank(bytes)) return undefined;
    return { number, bytes, tooLong };
  }
}

function isBlank(bytes: Buffer): boolean {
  for (const byte of bytes) if (byte !== 0x20 && byte !== 0x09 && byte !== CARRIAGE_RETURN) return false;
  return true;
}
