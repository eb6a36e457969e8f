import type { RequestLine } from '../input/request-line.ts';
import type { Retry } from './line-reply.ts';

const BACKOFF_MS = 1000;
const BACKOFF_FACTOR = 4;
const BACKOFF_MS_MAX = 900_000;
/** With the pauses between them: half an hour in which a provider may be away. */
const ATTEMPTS_MAX = 8;
/** An own limit is per minute. */
const HELD_MS = 5000;

interface Later {
  readonly line: RequestLine;
  readonly dueMs: number;
}

/** Lines that wait for another try, and how often each has been tried. */
export class LineQueue {
  readonly #attempts = new Map<number, number>();
  #later: Later[] = [];
  readonly #random: () => number;

  constructor(random: () => number = Math.random) {
    this.#random = random;
  }

  get waiting(): number {
    return this.#later.length;
  }

  /** False: it has been tried often enough, or no try fits before `endMs`. Clock: `Date.now()`. */
  putOff(line: RequestLine, retry: Retry, nowMs: number, endMs: number): boolean {
    const attempts = (this.#attempts.get(line.number) ?? 0) + (retry.held ? 0 : 1);
    if (attempts >= ATTEMPTS_MAX) return false;
    const backoffMs = retry.held
      ? HELD_MS
      : Math.min(BACKOFF_MS * BACKOFF_FACTOR ** (attempts - 1), BACKOFF_MS_MAX) * (0.5 + this.#random() / 2);
    const dueMs = nowMs + Math.max(retry.afterMs ?? 0, backoffMs);
    if (dueMs >= endMs) return false;
    this.#attempts.set(line.number, attempts);
    this.#later.push({ line, dueMs });
    return true;
  }

  /** Takes out what may be tried again. */
  due(nowMs: number): RequestLine[] {
    const due = this.#later.filter(({ dueMs }) => dueMs <= nowMs).map(({ line }) => line);
    if (due.length > 0) this.#later = this.#later.filter(({ dueMs }) => dueMs > nowMs);
    return due;
  }

  /** When the next one may be tried; undefined: none waits. */
  nextDueMs(): number | undefined {
    return this.#later.length === 0 ? undefined : Math.min(...this.#later.map(({ dueMs }) => dueMs));
  }
}
