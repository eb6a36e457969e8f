/** Words, their vectors and what dictionaries say of them, read from one file: the knowledge that rules on words alone lack. */

const MAGIC = 'NHLEX1\n';

interface Header {
  readonly version: string;
  readonly words: number;
  readonly dimensions: number;
  /** Word meanings that are told apart. */
  readonly synsets: number;
  readonly textBytes: number;
  readonly senses: number;
  readonly opposites: number;
}

/** How two words of the lexicon are related by their meanings (WordNet 3.0). */
export interface Relation {
  /** They share a meaning. */
  readonly synonym: boolean;
  readonly antonym: boolean;
  /** One is a kind of the other. */
  readonly kind: boolean;
  /** Two kinds of the same. */
  readonly sibling: boolean;
}

const UNRELATED: Relation = { synonym: false, antonym: false, kind: false, sibling: false };

/**
 * File: magic line, one line of JSON (`Header`), words joined by line ends, padding to 4 bytes, vectors int8 [words, dimensions] of
 * length about 127, family of each word (u16), count of senses of each word (u8), padding, senses (u32), the hypernym of
 * each synset (u32, 0 = none), pairs of opposite words (u16). Little endian. Words in falling order of frequency.
 */
export class Lexicon {
  readonly version: string;
  /** Words. */
  readonly size: number;
  readonly dimensions: number;
  readonly #ids = new Map<string, number>();
  readonly #vectors: Int8Array;
  /** Of each word's vector; 0: not asked for yet. Most words never are. */
  readonly #lengths: Float64Array;
  readonly #families: Uint16Array;
  readonly #senses: Uint32Array;
  /** Where each word's senses begin; those of the last end with the list. */
  readonly #sensesFrom: Uint32Array;
  readonly #hypernyms: Uint32Array;
  readonly #opposites = new Set<number>();

  /** Throws an Error of one line when the bytes are no lexicon. */
  constructor(bytes: Uint8Array) {
    const { header, at } = readHeader(bytes);
    let offset = at;
    const take = (length: number): ArrayBuffer => {
      if (!(length >= 0) || offset + length > bytes.length) throw new Error('the lexicon is cut short');
      // Copied, so that it is aligned wherever the bytes lie.
      const part = new Uint8Array(bytes.subarray(offset, offset + length));
      offset += Math.ceil(length / 4) * 4;
      return part.buffer;
    };
    const words = new TextDecoder().decode(take(header.textBytes)).split('\n');
    if (words.length !== header.words) throw new Error('the lexicon has another number of words than it says');
    this.version = header.version;
    this.size = header.words;
    for (let id = 0; id < words.length; id++) this.#ids.set(words[id] as string, id);
    this.dimensions = header.dimensions;
    this.#vectors = new Int8Array(take(header.words * header.dimensions));
    this.#lengths = new Float64Array(header.words);
    this.#families = new Uint16Array(take(header.words * 2));
    const counts = new Uint8Array(take(header.words));
    this.#senses = new Uint32Array(take(header.senses * 4));
    this.#sensesFrom = new Uint32Array(header.words + 1);
    for (let id = 0; id < counts.length; id++)
      this.#sensesFrom[id + 1] = (this.#sensesFrom[id] as number) + (counts[id] as number);
    this.#hypernyms = new Uint32Array(take(header.synsets * 4));
    const opposites = new Uint16Array(take(header.opposites * 4));
    for (let i = 0; i < opposites.length; i += 2)
      this.#opposites.add(this.#pair(opposites[i] ?? 0, opposites[i + 1] ?? 0));
  }

  #pair(x: number, y: number): number {
    return x < y ? x * this.size + y : y * this.size + x;
  }

  /** Place among the words by falling frequency; undefined for a word that is not known. Lower case. */
  idOf(word: string): number | undefined {
    return this.#ids.get(word);
  }

  /** Cosine of the two words' vectors. */
  similarity(x: number, y: number): number {
    if (x === y) return 1;
    const n = this.dimensions;
    let dot = 0;
    for (let i = 0, a = x * n, b = y * n; i < n; i++)
      dot += (this.#vectors[a + i] as number) * (this.#vectors[b + i] as number);
    return dot / (this.#lengthOf(x) * this.#lengthOf(y));
  }

  /** Adds the word's vector, of length `weight`, to `sum` [dimensions]. */
  addTo(sum: Float64Array, word: number, weight: number): void {
    const scale = weight / this.#lengthOf(word);
    for (let i = 0, at = word * this.dimensions; i < this.dimensions; i++, at++)
      sum[i] = (sum[i] as number) + (this.#vectors[at] as number) * scale;
  }

  /** Forms and derivations of one word: `measure`, `measured`, `measurement`. */
  isFamily(x: number, y: number): boolean {
    return x === y || (this.#families[x] === this.#families[y] && this.#families[x] !== 0);
  }

  relation(x: number, y: number): Relation {
    const [left, right] = [this.#sensesOf(x), this.#sensesOf(y)];
    const antonym = this.#opposites.has(this.#pair(x, y));
    if (left.length * right.length === 0) return antonym ? { ...UNRELATED, antonym } : UNRELATED;
    let [synonym, kind, sibling] = [false, false, false];
    for (const s of left)
      for (const t of right) {
        const [up, over] = [this.#hypernyms[s], this.#hypernyms[t]];
        if (s === t) synonym = true;
        else if (up === t || over === s) kind = true;
        else if (up !== 0 && up === over) sibling = true;
      }
    return { synonym, antonym, kind, sibling };
  }

  #sensesOf(word: number): Uint32Array {
    return this.#senses.subarray(this.#sensesFrom[word], this.#sensesFrom[word + 1]);
  }

  #lengthOf(word: number): number {
    const known = this.#lengths[word] as number;
    if (known !== 0) return known;
    let sum = 0;
    for (let i = word * this.dimensions; i < (word + 1) * this.dimensions; i++)
      sum += (this.#vectors[i] as number) ** 2;
    const length = Math.sqrt(sum) || 1;
    this.#lengths[word] = length;
    return length;
  }
}

function readHeader(bytes: Uint8Array): { header: Header; at: number } {
  const start = new TextDecoder('latin1').decode(bytes.subarray(0, 1024));
  const end = start.indexOf('\n', MAGIC.length);
  if (!start.startsWith(MAGIC) || end < 0) throw new Error('this is no lexicon');
  const header: Header = JSON.parse(start.slice(MAGIC.length, end));
  return { header, at: Math.ceil((end + 1) / 4) * 4 };
}
