import type { TokenUsage } from '@nearhit/core';

const EDGE_BYTES = 4096;
const USAGE = /"usage"\s*:\s*\{[^{}]*"prompt_tokens"\s*:\s*(\d{1,15})\s*[,}]/;

/** Finds the usage in a reply that passes by, which stands before or behind all the vectors: the reply itself is not kept. */
export class UsageProbe {
  #head = Buffer.alloc(0);
  #tail = Buffer.alloc(0);

  push(chunk: Buffer): void {
    const missing = EDGE_BYTES - this.#head.length;
    if (missing > 0) this.#head = Buffer.concat([this.#head, chunk.subarray(0, missing)]);
    this.#tail =
      chunk.length >= EDGE_BYTES
        ? Buffer.from(chunk.subarray(-EDGE_BYTES))
        : Buffer.concat([this.#tail, chunk]).subarray(-EDGE_BYTES);
  }

  /** Undefined when the provider counted nothing, or in a way that can't be read. */
  usage(): TokenUsage | undefined {
    const found = USAGE.exec(this.#tail.toString('latin1')) ?? USAGE.exec(this.#head.toString('latin1'));
    return found === null ? undefined : { promptTokens: Number(found[1]), completionTokens: 0 };
  }
}
