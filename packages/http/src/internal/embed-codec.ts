import { type Embedding, NearhitError, type UnitVector } from '@nearhit/core';
import { readFloats, writeFloats } from './floats.ts';

/**
 * Request: JSON `{"texts": [...]}`, in which halves of surrogate pairs survive as escapes.
 * Answer, little-endian, for each text: tokens u32, truncated u8, vector float32 [dimensions].
 */

const HEAD_BYTES = 5;

export function encodeTexts(texts: readonly string[]): Buffer {
  return Buffer.from(JSON.stringify({ texts }));
}

/** The texts of a request. Throws INVALID_REQUEST that says what was expected. */
export function readTexts(body: unknown, textsMax: number): string[] {
  const texts = typeof body === 'object' && body !== null ? (body as { texts?: unknown }).texts : undefined;
  if (!Array.isArray(texts)) throw invalid('texts', 'expected an array of texts.');
  if (texts.length > textsMax) {
    throw invalid('texts', `expected at most ${textsMax} texts, received ${texts.length}.`);
  }
  for (const [i, text] of texts.entries()) {
    if (typeof text !== 'string') throw invalid(`texts[${i}]`, 'expected a text.');
  }
  return texts;
}

function invalid(param: string, message: string): NearhitError {
  return new NearhitError('INVALID_REQUEST', `Invalid request: '${param}': ${message}`, { param });
}

export function encodeEmbeddings(embeddings: readonly Embedding[], dimensions: number): Buffer {
  const stride = HEAD_BYTES + 4 * dimensions;
  const bytes = Buffer.allocUnsafe(stride * embeddings.length);
  for (const [i, { vector, tokens, truncated }] of embeddings.entries()) {
    if (vector.length !== dimensions) throw new RangeError(`a vector of ${vector.length} instead of ${dimensions}`);
    bytes.writeUInt32LE(tokens, i * stride);
    bytes.writeUInt8(truncated ? 1 : 0, i * stride + 4);
    writeFloats(vector, bytes, i * stride + HEAD_BYTES);
  }
  return bytes;
}

/** Each vector has a buffer of its own. Undefined when the bytes are not those of `count` embeddings. */
export function decodeEmbeddings(bytes: Buffer, count: number, dimensions: number): Embedding[] | undefined {
  const stride = HEAD_BYTES + 4 * dimensions;
  if (bytes.length !== stride * count) return undefined;
  const embeddings: Embedding[] = [];
  for (let at = 0; at < bytes.length; at += stride) {
    embeddings.push({
      vector: readFloats(bytes, at + HEAD_BYTES, dimensions) as UnitVector,
      tokens: bytes.readUInt32LE(at),
      truncated: bytes.readUInt8(at + 4) !== 0,
    });
  }
  return embeddings;
}
