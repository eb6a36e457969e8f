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

interface Told {
  readonly kind: 'begin' | 'end';
  readonly line: string;
  readonly record: UsageRecord;
}

/** Full files that are open and partly in memory. */
const AT_HAND_MAX = 4;
/** How long a disk that takes nothing is left alone. */
const RETRY_MS = 1000;
/** Characters of one write(2). */
const WRITE_CHARS = 65_536;

/**
 * What this process has to tell of its calls. It is in the file, and survives kill -9, at the end of the event loop's turn:
 * before the next `setImmediate` of whoever has told it. All of a turn goes by one write(2): one for each line would be a
 * tenth of all that a request costs. Never throws: what can't be written waits in memory.
 */
export class Journal {
  readonly #options: JournalOptions;
  /** Calls that went upstream, are in the file, and have not ended: carried on into each new one. */
  readonly #open = new Map<string, UsageRecord>();
  /** What was told in this turn. */
  #told: Told[] = [];
  readonly #closed: Segment[] = [];
  #current: Segment | undefined;
  #number = 0;
  #isShut = false;
  /** What a disk that takes nothing has left here. */
  #held: Told[] = [];
  #failedAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: JournalOptions) {
    this.#options = options;
  }

  begin(record: UsageRecord): void {
    this.#tell({ kind: 'begin', line: recordLine('begin', record), record });
  }

  end(record: UsageRecord): void {
    this.#tell({ kind: 'end', line: recordLine('end', record), record });
  }

  /** Writes what was told so far. */
  flush(): void {
    const told = this.#told;
    if (told.length === 0 || this.#isShut) return;
    this.#told = [];
    const written = this.#held.length === 0 ? this.#write(told) : 0;
    if (written === told.length) return;
    const left = told.slice(written);
    this.#follow(left);
    this.#hold(left);
    if (performance.now() - this.#failedAtMs >= RETRY_MS) this.retry();
  }

  /** Calls that have not ended, the oldest first. */
  open(): readonly UsageRecord[] {
    this.flush();
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
        this.#segment().write(first.line, endedIn([first]));
        this.#held.shift();
      }
    } catch (error) {
      this.#failed(error);
    }
  }

  /** What could not be written and has not been handed on. */
  held(): UsageRecord[] {
    return endedIn(this.#held);
  }

  /** These are in the store: they need not be written any more. */
  handedOn(records: readonly UsageRecord[]): void {
    const done = new Set(records.map(({ id }) => id));
    this.#held = this.#held.filter(({ record }) => !done.has(record.id));
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
    this.flush();
    this.#isShut = true;
    this.retry();
    for (const segment of this.segments()) segment.close();
    this.#closed.length = 0;
    this.#current = undefined;
  }

  #tell(told: Told): void {
    if (this.#told.length === 0) setImmediate(() => this.flush());
    this.#told.push(told);
  }

  /** Answers how many of them are in the file. */
  #write(told: readonly Told[]): number {
    let written = 0;
    try {
      while (written < told.length) {
        const segment = this.#segment();
        const some = told.slice(written, endOf(told, written, this.#options.segmentBytes - segment.bytes));
        segment.write(some.map(({ line }) => line).join(''), endedIn(some));
        this.#follow(some);
        written += some.length;
      }
    } catch (error) {
      this.#failed(error);
    }
    return written;
  }

  #follow(told: readonly Told[]): void {
    for (const { kind, record } of told) {
      if (kind === 'begin') this.#open.set(record.id, record);
      else this.#open.delete(record.id);
    }
  }

  #hold(told: readonly Told[]): void {
    this.#held.push(...told);
    const dropped = this.#held.splice(0, this.#held.length - this.#options.heldMax);
    for (const _ of endedIn(dropped)) this.#options.observer.incident('usage-dropped');
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
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    const made = new Segment(join(dir, segmentName(id, ++this.#number)), heldMax);
    try {
      for (const record of this.#open.values()) made.write(recordLine('begin', record));
      return made;
    } catch (error) {
      made.remove();
      throw error;
    }
  }
}

const endedIn = (told: readonly Told[]): UsageRecord[] =>
  told.flatMap(({ kind, record }) => (kind === 'end' ? record : []));

/** Behind as many as one write takes, at least one. */
function endOf(told: readonly Told[], from: number, room: number): number {
  let chars = 0;
  let at = from;
  do chars += told[at++]?.line.length ?? 0;
  while (at < told.length && chars < Math.min(room, WRITE_CHARS));
  return at;
}

/** In the order of their numbers when sorted. */
export const segmentName = (id: string, number: number): string => `${id}.${String(number).padStart(9, '0')}.journal`;
export const ownerName = (id: string): string => `${id}.owner`;

/** The process that a file of the folder belongs to; undefined for other files. */
export function fileOf(name: string): { id: string; kind: 'owner' | 'segment' } | undefined {
  const [, id, rest] = /^([\w-]{1,64})\.(owner|\d{9}\.journal)$/.exec(name) ?? [];
  return id === undefined ? undefined : { id, kind: rest === 'owner' ? 'owner' : 'segment' };
}
