import type { Attempt } from './attempt.ts';

/** What a provider has to say of a key is shorter. */
const BYTES_MAX = 65_536;
const REDACTED = '[redacted]';
/** As providers write a key that they don't want to show: `sk-proj-****abcd`. */
const MASKED = /[\w.-]*\*{3,}[\w.-]*/g;

/** A provider's reply that is about a key of the house, on its way to a client: without what it shows of that key. */
export class Refusal {
  readonly headers: Readonly<Record<string, string>>;
  readonly #apiKey: string;
  readonly #provider: string;
  readonly #chunks: Buffer[] = [];
  #bytes = 0;
  #readable: boolean;

  constructor({ headers, apiKey = '', link }: Attempt) {
    const { 'content-length': _, 'content-encoding': encoding = 'identity', ...rest } = headers;
    this.#readable = encoding === 'identity';
    this.headers = this.#readable ? rest : { ...rest, 'content-type': 'application/json' };
    this.#apiKey = apiKey;
    this.#provider = link.target.provider.id;
  }

  push(chunk: Buffer): void {
    this.#bytes += chunk.length;
    if (this.#bytes > BYTES_MAX) this.#readable = false;
    else this.#chunks.push(chunk);
  }

  body(): Buffer {
    if (!this.#readable) return this.#inOwnWords();
    const text = Buffer.concat(this.#chunks).toString('utf8');
    const open = this.#apiKey === '' ? text : text.replaceAll(this.#apiKey, REDACTED);
    return Buffer.from(open.replace(MASKED, REDACTED));
  }

  /** Of what can't be read nothing can be taken out. */
  #inOwnWords(): Buffer {
    const message = `Provider ${this.#provider} does not accept the credential of this gateway.`;
    return Buffer.from(
      JSON.stringify({ error: { message, type: 'upstream_error', param: null, code: 'upstream_refused' } }),
    );
  }
}
