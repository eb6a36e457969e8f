/**
 * `${NAME}` and `${NAME:-default}` are put in after parsing: a value can then neither break the YAML around it nor add
 * keys to it. As the braces would not survive a flow map (`{ adminToken: ${TOKEN} }`), they stand as private-use
 * characters of the same number while it is parsed, which also keeps lines and columns right.
 */
const REFERENCE = /\$?\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}\r\n]*))?\}/g;
const START = '\uE000';
const FILL = '\uE001';
const INDEX_BASE = 0xe100;
const REFERENCES_MAX = 0xf8ff - INDEX_BASE;
const PLACEHOLDER = /\uE000([\uE100-\uF8FE])\uE001*/g;

interface Reference {
  readonly text: string;
  readonly name: string;
  readonly fallback: string | undefined;
}

export interface Interpolated {
  readonly value: string;
  /** Variables that are not set and have no default. */
  readonly unset: readonly string[];
}

export class Interpolation {
  /** The text to parse. */
  readonly source: string;
  readonly #references: Reference[] = [];
  readonly #env: Readonly<Record<string, string | undefined>>;

  constructor(text: string, env: Readonly<Record<string, string | undefined>>) {
    this.#env = env;
    this.source = text.replace(REFERENCE, (match, name: string, fallback: string | undefined) => {
      if (this.#references.length >= REFERENCES_MAX) return match;
      this.#references.push({ text: match, name, fallback });
      const index = String.fromCharCode(INDEX_BASE + this.#references.length - 1);
      return `${START}${index}`.padEnd(match.length, FILL);
    });
  }

  /** Undefined when nothing is to be put in. */
  fill(text: string): Interpolated | undefined {
    if (!text.includes(START)) return undefined;
    const unset: string[] = [];
    const value = this.#replace(text, ({ text: written, name, fallback }) => {
      if (written.startsWith('$$')) return written.slice(1);
      const set = this.#env[name];
      if (fallback !== undefined) return set === undefined || set === '' ? fallback : set;
      if (set === undefined) unset.push(name);
      return set ?? '';
    });
    return { value, unset };
  }

  /** As the operator wrote it: for messages, where a value could be a secret. */
  written(text: string): string {
    return this.#replace(text, (reference) => reference.text);
  }

  #replace(text: string, value: (reference: Reference) => string): string {
    return text.replace(PLACEHOLDER, (match, index: string) => {
      const reference = this.#references[index.charCodeAt(0) - INDEX_BASE];
      return reference === undefined ? match : value(reference);
    });
  }
}
