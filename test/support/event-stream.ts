import { type IncomingMessage, request } from 'node:http';

export interface StreamEvent {
  readonly event: string;
  readonly id?: string | undefined;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what it expects to be there
  readonly data: any;
}

/** A reader of server-sent events that can wait for some, and leave. Comments are kept as text only. */
export class EventStream {
  readonly events: StreamEvent[] = [];
  readonly headers: IncomingMessage['headers'];
  readonly status: number;
  /** As an EventSource would send it when it comes back. */
  lastEventId = '';
  ended = false;
  #text = '';
  #wake: () => void = () => {};
  readonly #response: IncomingMessage;

  private constructor(response: IncomingMessage) {
    this.#response = response;
    this.headers = response.headers;
    this.status = response.statusCode ?? 0;
    response.setEncoding('utf8');
    response.on('data', (piece: string) => {
      this.#text += piece;
      this.#parse();
      this.#wake();
    });
    response.on('close', () => {
      this.ended = true;
      this.#wake();
    });
    response.on('error', () => {});
  }

  static open(url: string, headers: Record<string, string>): Promise<EventStream> {
    return new Promise((resolve, reject) => {
      request(url, { headers, agent: false }, (response) => resolve(new EventStream(response)))
        .on('error', reject)
        .end();
    });
  }

  /** The other side ended it, rather than that the connection was lost. */
  get isWhole(): boolean {
    return this.ended && this.#response.complete;
  }

  of(event: string): StreamEvent[] {
    return this.events.filter((one) => one.event === event);
  }

  /** Resolves when it is so; rejects when the stream ended before. */
  async until(isSo: () => boolean): Promise<void> {
    while (!isSo()) {
      if (this.ended) throw new Error(`the stream ended: ${JSON.stringify(this.events.slice(-3))}`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  async end(): Promise<void> {
    while (!this.ended) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  leave(): void {
    this.#response.destroy();
  }

  #parse(): void {
    const blocks = this.#text.split('\n\n');
    this.#text = blocks.pop() ?? '';
    for (const block of blocks) {
      const fields = new Map(block.split('\n').map((line) => line.split(/: (.*)/s, 2) as [string, string]));
      const id = fields.get('id');
      if (id !== undefined) this.lastEventId = id;
      const data = fields.get('data');
      if (data !== undefined) this.events.push({ event: fields.get('event') ?? 'message', id, data: JSON.parse(data) });
    }
  }
}
