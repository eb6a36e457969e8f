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
 * can be read also when somebody has removed its name meanwhile. At rest it takes neither memory nor a descriptor.
 */
export class Segment {
  readonly path: string;
  /** Undefined: at rest. */
  #fd: number | undefined;
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
    const fd = openSync(path, 'a+', 0o600);
    this.#fd = fd;
    this.#bytes = fstatSync(fd).size;
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

  /** Whole lines by one write(2). `records`: what is to be shipped of them. Throws when not all could be written; the next line begins anew then. */
  write(lines: string, records: readonly UsageRecord[] = []): void {
    const text = this.#torn ? `\n${lines}` : lines;
    const length = Buffer.byteLength(text);
    const written = this.#with('a', (fd) => writeSync(fd, text));
    this.#bytes += written;
    this.#torn = written < length;
    if (this.#torn) throw new Error(`the disk is full: ${written} of ${length} bytes were written`);
    this.#remember(records);
  }

  /** What is to be shipped next; undefined when there is nothing. */
  next(): Part | undefined {
    if (this.allShipped) return undefined;
    if (this.#remembered !== undefined) return { records: [...this.#remembered], end: this.#bytes };
    // Whoever removed it while it was at rest took the rest along.
    if (this.#fd === undefined && !this.isThere) return { records: [], end: this.#bytes };
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

  /** Records held in memory, and whether the file is open. */
  get held(): { readonly records: number; readonly open: boolean } {
    return { records: this.#remembered?.length ?? 0, open: this.#fd !== undefined };
  }

  /** Nothing more is written to it, and it may be long until it is shipped. */
  rest(): void {
    if (!this.allShipped) this.#remembered = undefined;
    this.close();
  }

  close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }

  remove(): void {
    this.close();
    rmSync(this.path, { force: true });
  }

  #remember(records: readonly UsageRecord[]): void {
    this.#remembered?.push(...records);
    if (this.#remembered !== undefined && this.#remembered.length > this.#rememberedMax) this.#remembered = undefined;
  }

  #read(from: number, bytesMax: number): Buffer {
    const bytes = Buffer.allocUnsafe(Math.min(bytesMax, this.#bytes - from));
    const length = this.#with('r', (fd) => {
      let length = 0;
      while (length < bytes.length) {
        const read = readSync(fd, bytes, length, bytes.length - length, from + length);
        if (read === 0) break;
        length += read;
      }
      return length;
    });
    return bytes.subarray(0, length);
  }

  /** One at rest is opened for as long as `use` takes. */
  #with(how: 'a' | 'r', use: (fd: number) => number): number {
    if (this.#fd !== undefined) return use(this.#fd);
    const fd = openSync(this.path, how, 0o600);
    try {
      return use(fd);
    } finally {
      closeSync(fd);
    }
  }
}
