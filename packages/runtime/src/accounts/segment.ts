import { closeSync, existsSync, fstatSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import type { UsageRecord } from '@nearhit/core';
import { linesOf } from './line.ts';

const PIECE_BYTES = 262_144;

/** A part of a file: its records, and where it ends. */
export interface Part {
  readonly records: readonly UsageRecord[];
  readonly end: number;
}

/**
 * One append-only file of a journal. Its last records are also held in memory, so that they need not be read again; it
 * can be read also when somebody has removed its name meanwhile.
 */
export class Segment {
  readonly path: string;
  readonly #fd: number;
  readonly #rememberedMax: number;
  #bytes: number;
  #torn = false;
  #shipped = 0;
  /** All records behind `#shipped`; undefined when there were too many. */
  #remembered: UsageRecord[] | undefined = [];

  /** Throws the system's error when the file can't be made. */
  constructor(path: string, rememberedMax: number) {
    this.path = path;
    this.#rememberedMax = rememberedMax;
    this.#fd = openSync(path, 'a+', 0o600);
    this.#bytes = fstatSync(this.#fd).size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get allShipped(): boolean {
    return this.#shipped === this.#bytes;
  }

  get isThere(): boolean {
    return existsSync(this.path);
  }

  /** One write(2). `record`: what is to be shipped of it. Throws when not all could be written; the next line begins anew then. */
  write(line: string, record?: UsageRecord): void {
    const text = this.#torn ? `\n${line}` : line;
    const length = Buffer.byteLength(text);
    const written = writeSync(this.#fd, text);
    this.#bytes += written;
    this.#torn = written < length;
    if (this.#torn) throw new Error(`the disk is full: ${written} of ${length} bytes were written`);
    if (record !== undefined) this.#remember(record);
  }

  /** What is to be shipped next; undefined when there is nothing. */
  next(): Part | undefined {
    if (this.allShipped) return undefined;
    if (this.#remembered !== undefined) return { records: [...this.#remembered], end: this.#bytes };
    const { lines, end } = linesOf(this.#read(this.#shipped, PIECE_BYTES));
    // A torn line without an end: the next write closes it.
    if (end === 0) return undefined;
    const records = lines.flatMap(({ line }) => (line?.kind === 'end' ? [line.record] : []));
    return { records, end: this.#shipped + end };
  }

  /** The part is in the store. */
  shipped({ records, end }: Part): void {
    this.#shipped = end;
    if (this.allShipped) this.#remembered = [];
    else this.#remembered?.splice(0, records.length);
  }

  /** Says in the file how far it is shipped, so that nobody need send it again. Where it can't be said, nothing is counted twice. */
  mark(line: (bytes: number) => string): void {
    const whole = this.allShipped;
    try {
      this.write(line(this.#shipped));
    } catch {
      // The disk is full.
    }
    if (whole) this.#shipped = this.#bytes;
  }

  close(): void {
    closeSync(this.#fd);
  }

  remove(): void {
    this.close();
    rmSync(this.path, { force: true });
  }

  #remember(record: UsageRecord): void {
    this.#remembered?.push(record);
    if (this.#remembered !== undefined && this.#remembered.length > this.#rememberedMax) this.#remembered = undefined;
  }

  #read(from: number, bytesMax: number): Buffer {
    const bytes = Buffer.allocUnsafe(Math.min(bytesMax, this.#bytes - from));
    let length = 0;
    while (length < bytes.length) {
      const read = readSync(this.#fd, bytes, length, bytes.length - length, from + length);
      if (read === 0) break;
      length += read;
    }
    return bytes.subarray(0, length);
  }
}
