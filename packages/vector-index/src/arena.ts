const SLOT_BITS = 8;
const CHUNK_SLOTS = 1 << SLOT_BITS;
const OFFSET_MASK = CHUNK_SLOTS - 1;

interface Chunk {
  readonly vectors: Float32Array;
  /** Offsets not in use, as a stack. */
  readonly free: number[];
}

/**
 * Vectors of every small group side by side, in chunks, so that growing copies nothing and a partition costs nothing of
 * its own. Freed slots are used again; a chunk that empties goes back to the system.
 */
export class VectorArena {
  readonly dimensions: number;
  readonly #chunks: (Chunk | undefined)[] = [];
  /** Chunks with room. */
  readonly #roomy: number[] = [];
  #used = 0;

  constructor(dimensions: number) {
    this.dimensions = dimensions;
  }

  /** Of the slots in use. */
  get bytesInUse(): number {
    return this.#used * this.dimensions * 4;
  }

  /** Of the chunks, free slots included. */
  get bytes(): number {
    return this.#chunks.reduce((sum, chunk) => sum + (chunk?.vectors.byteLength ?? 0), 0);
  }

  /** Copies the vector in; answers its slot. */
  put(vector: ArrayLike<number>): number {
    const index = this.#roomy.at(-1) ?? this.#grow();
    const chunk = this.#chunk(index);
    const offset = chunk.free.pop() as number;
    this.#used++;
    if (chunk.free.length === 0) this.#roomy.pop();
    chunk.vectors.set(vector, offset * this.dimensions);
    return index * CHUNK_SLOTS + offset;
  }

  free(slot: number): void {
    const index = slot >>> SLOT_BITS;
    const chunk = this.#chunk(index);
    this.#used--;
    if (chunk.free.push(slot & OFFSET_MASK) === 1) this.#roomy.push(index);
    // One empty chunk is kept, so that a single entry coming and going does not allocate each time.
    if (chunk.free.length === CHUNK_SLOTS && this.#roomy.length > 1) {
      this.#chunks[index] = undefined;
      this.#roomy.splice(this.#roomy.indexOf(index), 1);
    }
  }

  /** A view, valid until the slot is freed. */
  at(slot: number): Float32Array {
    const start = (slot & OFFSET_MASK) * this.dimensions;
    return this.#chunk(slot >>> SLOT_BITS).vectors.subarray(start, start + this.dimensions);
  }

  dot(query: Float32Array, slot: number): number {
    return dot(query, this.#chunk(slot >>> SLOT_BITS).vectors, (slot & OFFSET_MASK) * this.dimensions);
  }

  #chunk(index: number): Chunk {
    return this.#chunks[index] as Chunk;
  }

  #grow(): number {
    const hole = this.#chunks.indexOf(undefined);
    const index = hole === -1 ? this.#chunks.length : hole;
    this.#chunks[index] = {
      vectors: new Float32Array(CHUNK_SLOTS * this.dimensions),
      free: Array.from({ length: CHUNK_SLOTS }, (_, i) => CHUNK_SLOTS - 1 - i),
    };
    this.#roomy.push(index);
    return index;
  }
}

/** Four sums, so that one addition need not wait for the other: twice as fast as the plain loop. */
function dot(a: Float32Array, b: Float32Array, start: number): number {
  const length = a.length;
  const whole = length - (length % 4);
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  for (let i = 0, j = start; i < whole; i += 4, j += 4) {
    s0 += (a[i] as number) * (b[j] as number);
    s1 += (a[i + 1] as number) * (b[j + 1] as number);
    s2 += (a[i + 2] as number) * (b[j + 2] as number);
    s3 += (a[i + 3] as number) * (b[j + 3] as number);
  }
  for (let i = whole; i < length; i++) s0 += (a[i] as number) * (b[start + i] as number);
  return s0 + s1 + s2 + s3;
}
