import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

/**
 * Bytes whose memory is given back when they are no longer needed, not when the garbage collector comes by: a thread that
 * has loaded a model and then waits makes no garbage, and would hold on to its file for hours.
 */
export class Scratch {
  readonly #buffer: ArrayBuffer;
  readonly bytes: Uint8Array<ArrayBuffer>;

  private constructor(length: number) {
    this.#buffer = new ArrayBuffer(length, { maxByteLength: length });
    this.bytes = new Uint8Array(this.#buffer, 0, length);
  }

  static ofFile(path: string): Scratch {
    const file = openSync(path, 'r');
    try {
      const scratch = new Scratch(fstatSync(file).size);
      let at = 0;
      for (let read = -1; read !== 0 && at < scratch.bytes.length; at += read)
        read = readSync(file, scratch.bytes, at, scratch.bytes.length - at, at);
      return scratch;
    } finally {
      closeSync(file);
    }
  }

  static ofPieces(pieces: readonly Uint8Array[]): Scratch {
    const scratch = new Scratch(pieces.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const piece of pieces) {
      scratch.bytes.set(piece, at);
      at += piece.length;
    }
    return scratch;
  }

  /** `bytes` is empty from now on. */
  release(): void {
    this.#buffer.resize(0);
  }
}
