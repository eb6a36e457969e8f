/** Lines that go in one request: few enough to be stored within seconds. */
const LINES_MAX = 500;
const BYTES_MAX = 4_194_304;
const LINE_FEED = 0x0a;

export interface Chunk {
  /** Whole lines. */
  readonly bytes: Buffer;
  /** Of the file, that stand before it. */
  readonly linesBefore: number;
}

/** A file cut at the ends of lines. A line is never cut, however long it is. */
export async function* chunksOf(pieces: AsyncIterable<Buffer>): AsyncGenerator<Chunk> {
  let held: Buffer[] = [];
  let [bytes, lines, linesBefore] = [0, 0, 0];
  const take = (): Chunk => {
    const chunk = { bytes: Buffer.concat(held, bytes), linesBefore };
    linesBefore += lines;
    held = [];
    [bytes, lines] = [0, 0];
    return chunk;
  };
  for await (const piece of pieces) {
    for (let from = 0; from < piece.length; ) {
      const end = piece.indexOf(LINE_FEED, from);
      const part = piece.subarray(from, end < 0 ? piece.length : end + 1);
      held.push(part);
      bytes += part.length;
      from += part.length;
      if (end < 0) continue;
      lines += 1;
      if (lines >= LINES_MAX || bytes >= BYTES_MAX) yield take();
    }
  }
  if (bytes > 0) yield take();
}
