import { type DecisionRecord, type Observer, oneAtATime } from '@nearhit/core';
import type { Commands, Script } from '../commands.ts';
import { encodeDecision } from './decision-codec.ts';

export interface OutboxOptions {
  readonly commands: Commands;
  readonly observer: Pick<Observer, 'incident'>;
  readonly key: string;
  /** A name of this process that no other has. */
  readonly writer: string;
  readonly max: number;
  readonly bytesMax: number;
  readonly flushMs: number;
  readonly pendingMax: number;
}

const CHUNK = 500;
const KEPT_MIN = 100;
/** Dropped together, since each time moves all that stay. */
const DROPPED_SHARE = 0.1;

/**
 * writer, number of the first record, bound of the stream, records. A batch whose answer was lost is sent again: the
 * number says what is there already.
 */
const APPEND: Script = {
  name: 'nearhitAppendDecisions',
  lua: `
local written = KEYS[1] .. ':written:' .. ARGV[1]
local last = tonumber(redis.call('GET', written) or '0')
local seq = tonumber(ARGV[2])
for i = 4, #ARGV do
  if seq > last then redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[3], '*', 'd', ARGV[i]) end
  seq = seq + 1
end
redis.call('SET', written, string.format('%.0f', math.max(last, seq - 1)), 'PX', 3600000)
return #ARGV - 3`,
};

/** What was decided and is not in Redis yet, oldest first; bounded, the oldest are given up. */
export class DecisionOutbox {
  /** Writes what was pushed before the call. Rejects with STORE_UNAVAILABLE; what was not written stays. */
  readonly flush: () => Promise<void>;
  readonly #options: OutboxOptions;
  #pending: DecisionRecord[] = [];
  /** Of `#pending[0]`. */
  #firstSeq = 1;
  #bytesEach = 500;
  #failing = false;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: OutboxOptions) {
    this.#options = options;
    options.commands.define(APPEND);
    this.flush = oneAtATime(() => this.#flush());
  }

  push(decision: DecisionRecord): void {
    if (this.#closed) return;
    this.#pending.push(decision);
    const { pendingMax } = this.#options;
    if (this.#pending.length > pendingMax) this.#drop(Math.ceil(pendingMax * DROPPED_SHARE));
    if (this.#pending.length === Math.ceil(pendingMax / 2)) this.#flushSoon(0);
    else if (this.#timer === undefined) this.#flushSoon(this.#options.flushMs);
  }

  /** Writes what is pending, if Redis takes it. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.flush().catch(() => {});
  }

  #flushSoon(delayMs: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.flush()
        .catch(() => {})
        .finally(() => {
          this.#timer = undefined;
          if (this.#pending.length > 0 && !this.#closed) this.#flushSoon(this.#options.flushMs);
        });
    }, delayMs).unref();
  }

  async #flush(): Promise<void> {
    const lastSeq = this.#firstSeq + this.#pending.length - 1;
    try {
      while (this.#firstSeq <= lastSeq) await this.#write(this.#pending.slice(0, CHUNK), this.#firstSeq);
      this.#failing = false;
    } catch (error) {
      if (!this.#failing) this.#options.observer.incident('write-decisions-failed', error);
      this.#failing = true;
      throw error;
    }
  }

  async #write(decisions: readonly DecisionRecord[], firstSeq: number): Promise<void> {
    const { commands, key, writer, max, bytesMax } = this.#options;
    const records = decisions.map(encodeDecision);
    const bytes = records.reduce((sum, record) => sum + record.length, 0);
    this.#bytesEach += (bytes / records.length - this.#bytesEach) * Math.min(1, records.length / CHUNK);
    const kept = Math.max(KEPT_MIN, Math.min(max, Math.floor(bytesMax / this.#bytesEach)));
    await commands.script(APPEND, key, writer, firstSeq, kept, ...records);
    // Meanwhile the oldest may have been given up.
    const written = firstSeq + records.length - this.#firstSeq;
    if (written > 0) this.#forget(written);
  }

  #drop(count: number): void {
    this.#forget(count);
    this.#options.observer.incident('decisions-dropped', { count });
  }

  #forget(count: number): void {
    this.#pending.splice(0, count);
    this.#firstSeq += count;
  }
}
