import { type IncomingMessage, request } from 'node:http';

/** A promise that somebody else fulfils. */
export function gate(): { passed: Promise<void>; pass: () => void } {
  let pass!: () => void;
  const passed = new Promise<void>((resolve) => {
    pass = resolve;
  });
  return { passed, pass };
}

/** A streaming client that can wait for a text, and leave. */
export class SseReader {
  text = '';
  ended = false;
  readonly headers: IncomingMessage['headers'];
  readonly #response: IncomingMessage;
  #wake: () => void = () => {};

  private constructor(response: IncomingMessage) {
    this.#response = response;
    this.headers = response.headers;
    response.setEncoding('utf8');
    response.on('data', (piece: string) => {
      this.text += piece;
      this.#wake();
    });
    response.on('close', () => {
      this.ended = true;
      this.#wake();
    });
    response.on('error', () => {});
  }

  static ask(url: string, question: string, more: object = {}): Promise<SseReader> {
    const body = JSON.stringify({ model: 'm', messages: [{ role: 'user', content: question }], stream: true, ...more });
    return new Promise((resolve, reject) => {
      const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
      const asked = request(`${url}/v1/chat/completions`, { method: 'POST', headers }, (response) =>
        resolve(new SseReader(response)),
      );
      asked.on('error', reject);
      asked.end(body);
    });
  }

  /** Resolves when the text has come; rejects when the stream ended without it. */
  async until(part: string): Promise<void> {
    while (!this.text.includes(part)) {
      if (this.ended) throw new Error(`the stream ended without ${JSON.stringify(part)}: ${this.text}`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  async end(): Promise<string> {
    while (!this.ended) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.text;
  }

  leave(): void {
    this.#response.destroy();
  }
}
