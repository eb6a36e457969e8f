const HEAD_BYTES = 1_024;
const TAIL_BYTES = 2_048;

/** What an embeddings reply says it has used, read as it passes by: only its beginning and its end are kept. */
export class EmbeddingsUsage {
  #head = Buffer.alloc(0);
  #tail = Buffer.alloc(0);

  push(chunk: Buffer): void {
    if (this.#head.length < HEAD_BYTES)
      this.#head = Buffer.concat([this.#head, chunk.subarray(0, HEAD_BYTES - this.#head.length)]);
    this.#tail = Buffer.concat([this.#tail.subarray(-TAIL_BYTES), chunk.subarray(-TAIL_BYTES)]).subarray(-TAIL_BYTES);
  }

  /** Undefined when it says nothing of it. */
  promptTokens(): number | undefined {
    return tokensIn(String(this.#tail)) ?? tokensIn(String(this.#head));
  }
}

function tokensIn(text: string): number | undefined {
  const [, usage] = /"usage"\s*:\s*\{([^{}]*)/.exec(text) ?? [];
  const [, tokens] = /"(?:prompt|total)_tokens"\s*:\s*(\d{1,15})/.exec(usage ?? '') ?? [];
  return tokens === undefined ? undefined : Number(tokens);
}
