import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Observer, UsageRecord } from '@nearhit/core';
import { recordLine } from './line.ts';
import { Segment } from './segment.ts';

export interface JournalOptions {
  /** Made when missing. */
  readonly dir: string;
  /** Of this process; the names of its files begin with it. */
  readonly id: string;
  readonly observer: Pick<Observer, 'incident'>;
  /** A file of this many bytes is followed by another. */
  readonly segmentBytes: number;
  /** Lines that may wait in memory while none can be written. */
  readonly heldMax: number;
}

interface Held {
  readonly line: string;
  /** To be handed on from memory, should the disk stay full. */
  readonly record: UsageRecord | undefined;
}

/** Full files that are open and partly in memory. */
const AT_HAND_MAX = 4;
/** How long a disk that takes nothing is left alone. */
const RETRY_MS = 1000;

/**
 * What this process has to tell of its calls. The end of one is in the file when the call returns, and survives kill -9;
 * that one began, at the end of the event loop's turn, all of a turn by one write(2). Never throws: what can't be written
 * waits in memory.
 */
export class Journal {
  readonly #options: JournalOptions;
  /** Calls that went upstream and have not ended: carried on into each new file. */
  readonly #open = new Map<string, UsageRecord>();
  /** Lines of calls that began in this turn. */
  #begun = '';
  readonly #closed: Segment[] = [];
  #current: Segment | undefined;
  #number = 0;
  #isShut = false;
  #held: Held[] = [];
  #failedAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: JournalOptions) {
    this.#options = options;
  }

  begin(record: UsageRecord): void {
    this.#open.set(record.id, record);
    if (this.#begun === '') setImmediate(() => this.#flushBegun());
    this.#begun += recordLine('begin', record);
  }

  end(record: UsageRecord): void {
    this.#open.delete(record.id);
    this.#append(record);
  }

  /** Calls that have not ended, the oldest first. */
  open(): readonly UsageRecord[] {
    return [...this.#open.values()];
  }

  /** Files with records that may not be in the store yet, in the order they were written. */
  segments(): readonly Segment[] {
    return this.#current === undefined ? this.#closed : [...this.#closed, this.#current];
  }

  isCurrent(segment: Segment): boolean {
    return segment === this.#current;
  }

  /** Tries to write what waits in memory. */
  retry(): void {
    try {
      for (let first = this.#held[0]; first !== undefined; first = this.#held[0]) {
        this.#segment().write(first.line, first.record);
        this.#held.shift();
      }
    } catch (error) {
      this.#failed(error);
    }
  }

  /** What could not be written and has not been handed on. */
  held(): UsageRecord[] {
    return this.#held.flatMap(({ record }) => record ?? []);
  }

  /** These are in the store: they need not be written any more. */
  handedOn(records: readonly UsageRecord[]): void {
    const done = new Set(records);
    this.#held = this.#held.filter(({ record }) => record === undefined || !done.has(record));
  }

  /** All of it is in the store. */
  drop(segment: Segment): void {
    const at = this.#closed.indexOf(segment);
    if (at !== -1) this.#closed.splice(at, 1);
    else if (segment === this.#current) this.#current = undefined;
    segment.remove();
  }

  /** The next line goes to a new file, which begins with the calls that are open; where none can be made, to the old one. */
  rotate(): void {
    const old = this.#current;
    if (old === undefined) return;
    try {
      this.#current = this.#open.size > 0 ? this.#create() : undefined;
      this.#retire(old);
    } catch (error) {
      this.#failed(error);
    }
  }

  close(): void {
    this.#flushBegun();
    this.#isShut = true;
    this.retry();
    for (const segment of this.segments()) segment.close();
    this.#closed.length = 0;
    this.#current = undefined;
  }

  #flushBegun(): void {
    if (this.#begun !== '' && !this.#isShut) this.#append(undefined);
  }

  /** What began in this turn, and then the end of a call. */
  #append(record: UsageRecord | undefined): void {
    let line: string | undefined;
    const lines = (): string => {
      line ??= this.#begun + (record === undefined ? '' : recordLine('end', record));
      this.#begun = '';
      return line;
    };
    if (this.#held.length === 0) {
      try {
        // A new file begins with all calls that are open, those of this turn among them.
        const segment = this.#segment();
        if (lines() !== '') segment.write(lines(), record);
        return;
      } catch (error) {
        this.#failed(error);
      }
    }
    this.#held.push({ line: lines(), record });
    if (this.#held.length > this.#options.heldMax) {
      this.#held.shift();
      this.#options.observer.incident('usage-dropped');
    }
    if (performance.now() - this.#failedAtMs >= RETRY_MS) this.retry();
  }

  #failed(error: unknown): void {
    this.#failedAtMs = performance.now();
    this.#options.observer.incident('usage-journal-failed', error);
  }

  #segment(): Segment {
    const old = this.#current;
    if (old !== undefined && old.bytes < this.#options.segmentBytes) return old;
    this.#current = this.#create();
    if (old !== undefined) this.#retire(old);
    return this.#current;
  }

  /** While the store is away they become many: only the last few stay at hand. */
  #retire(segment: Segment): void {
    this.#closed.push(segment);
    this.#closed.at(-1 - AT_HAND_MAX)?.rest();
  }

  #create(): Segment {
    const { dir, id, heldMax } = this.#options;
    mkdirSync(dir, { recursive: true });
    const made = new Segment(join(dir, segmentName(id, ++this.#number)), heldMax);
    try {
      for (const record of this.#open.values()) made.write(recordLine('begin', record));
      this.#begun = '';
      return made;
    } catch (error) {
      made.remove();
      throw error;
    }
  }
}

/** In the order of their numbers when sorted. */
export const segmentName = (id: string, number: number): string => `${id}.${String(number).padStart(9, '0')}.journal`;
export const ownerName = (id: string): string => `${id}.owner`;

/** The process that a file of the folder belongs to; undefined for other files. */
export function fileOf(name: string): { id: string; kind: 'owner' | 'segment' } | undefined {
  const [, id, rest] = /^([\w-]{1,64})\.(owner|\d{9}\.journal)$/.exec(name) ?? [];
  return id === undefined ? undefined : { id, kind: rest === 'owner' ? 'owner' : 'segment' };
}
