import type { Observer } from '@nearhit/core';
import type { RedisClient, RedisConnection } from '../connection.ts';
import { type Message, pack, unpack } from './messages.ts';

export interface WireOptions {
  readonly connection: RedisConnection;
  readonly observer: Observer;
  /** This process. */
  readonly id: string;
  readonly beatMs: number;
  /** Nothing heard for this long, not even from oneself: what is sent does not arrive. */
  readonly silenceMs: number;
  readonly onMessage: (message: Message) => void;
}

/** A batch this large does not wait for the end of its turn. */
const BATCH_BYTES = 524_288;
const OVERHEAD_BYTES = 64;

interface Batch {
  readonly messages: Message[];
  bytes: number;
}

/** Every process has a channel of its own; what is posted to one in a turn of the event loop is one message there. */
export class Wire {
  readonly #options: WireOptions;
  readonly #subscriber: RedisClient;
  readonly #outbox = new Map<string, Batch>();
  readonly #sending = new Set<Promise<unknown>>();
  readonly #beat: NodeJS.Timeout;
  #heardAtMs = Number.NEGATIVE_INFINITY;
  #scheduled = false;
  #closed = false;

  constructor(options: WireOptions) {
    this.#options = options;
    this.#subscriber = options.connection.open('subscriber');
    this.#subscriber.on('messageBuffer', (_channel: Buffer, bytes: Buffer) => this.#receive(bytes));
    // Waits for Redis, and is renewed by the client whenever it has to connect again.
    this.#subscriber.subscribe(this.#channel(options.id)).then(
      () => this.post(options.id, ['beat']),
      (error: unknown) => {
        if (!this.#closed) options.observer.incident('flight-subscribe-failed', error);
      },
    );
    this.#beat = setInterval(() => this.post(options.id, ['beat']), options.beatMs).unref();
  }

  /** Since anything arrived; its own beats do when all is well. */
  get silentMs(): number {
    return performance.now() - this.#heardAtMs;
  }

  /** What is sent to this process arrives. */
  get hearing(): boolean {
    return !this.#closed && this.silentMs < this.#options.silenceMs;
  }

  post(to: string, message: Message): void {
    if (this.#closed) return;
    let batch = this.#outbox.get(to);
    if (batch === undefined) {
      batch = { messages: [], bytes: 0 };
      this.#outbox.set(to, batch);
    }
    const last = batch.messages.at(-1);
    batch.bytes += OVERHEAD_BYTES;
    if (message[0] === 'data') for (const chunk of message[3]) batch.bytes += chunk.length;
    batch.messages.push(message);
    if (last === undefined && !this.#scheduled) {
      this.#scheduled = true;
      setImmediate(() => this.flush());
    }
    if (batch.bytes >= BATCH_BYTES) this.flush();
  }

  flush(): void {
    this.#scheduled = false;
    for (const [to, { messages }] of this.#outbox) {
      // Lost messages are found by their numbers at the other end.
      const sent = this.#options.connection.client.publish(this.#channel(to), pack(messages)).catch(() => undefined);
      this.#sending.add(sent);
      void sent.finally(() => this.#sending.delete(sent));
    }
    this.#outbox.clear();
  }

  /** Sends what was posted, then is deaf. */
  async close(): Promise<void> {
    if (this.#closed) return;
    clearInterval(this.#beat);
    this.flush();
    this.#closed = true;
    await Promise.all(this.#sending);
    this.#subscriber.disconnect();
  }

  #channel(id: string): string {
    return `${this.#options.connection.prefix}:flights:${id}`;
  }

  #receive(bytes: Buffer): void {
    if (this.#closed) return;
    this.#heardAtMs = performance.now();
    for (const message of this.#unpacked(bytes)) {
      try {
        this.#options.onMessage(message);
      } catch (error) {
        this.#options.observer.incident('flight-message-failed', error);
      }
    }
  }

  #unpacked(bytes: Buffer): Message[] {
    try {
      return unpack(bytes);
    } catch (error) {
      this.#options.observer.incident('flight-message-failed', error);
      return [];
    }
  }
}
