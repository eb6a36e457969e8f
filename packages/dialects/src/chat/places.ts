import type { JsonObject } from '@nearhit/core';
import { objectsIn } from './answer.ts';

type Field = 'thinking_blocks' | 'native_blocks';

/**
 * Where the thoughts and native blocks of an answer stood. A message has them before its text, thoughts first; the first that
 * stood elsewhere, and all after it, say so: `place: [characters of text before it, its number among these blocks]`.
 */
export class Places {
  #count = 0;
  #natives = 0;
  #moved = false;

  /** Of the next block. Empty: where it is expected. */
  next(field: Field, textBefore: number): JsonObject {
    const order = this.#count++;
    if (textBefore > 0 || (field === 'thinking_blocks' && this.#natives > 0)) this.#moved = true;
    if (field === 'native_blocks') this.#natives++;
    return this.#moved ? { place: [textBefore, order] } : {};
  }
}

/** A block without what only says where it stands. */
export function bare({ index: _, place: __, ...block }: JsonObject): JsonObject {
  return block;
}

/** A piece of a message, in the order in which they were said. */
export type Piece =
  | { readonly kind: 'block'; readonly field: Field; readonly block: JsonObject }
  | { readonly kind: 'text'; readonly text: string };

interface Placed {
  readonly field: Field;
  readonly block: JsonObject;
  readonly textBefore: number;
  readonly order: number;
}

/** Undefined: all of them stand where they are expected. Calls come after all pieces. */
export function piecesInPlace({ content, ...message }: JsonObject): Piece[] | undefined {
  const blocks = (['thinking_blocks', 'native_blocks'] as const).flatMap((field) =>
    objectsIn(message[field]).map((block) => placed(field, block)),
  );
  if (blocks.every(({ order }) => order < 0) || (typeof content !== 'string' && content != null)) return undefined;
  const text = typeof content === 'string' ? content : '';
  const pieces: Piece[] = [];
  let told = 0;
  const tell = (upTo: number): void => {
    if (upTo > told) pieces.push({ kind: 'text', text: text.slice(told, upTo) });
    told = Math.max(told, upTo);
  };
  for (const { field, block, textBefore } of blocks.sort((a, b) => a.order - b.order)) {
    tell(Math.min(textBefore, text.length));
    pieces.push({ kind: 'block', field, block: bare(block) });
  }
  tell(text.length);
  return pieces;
}

function placed(field: Field, block: JsonObject): Placed {
  const [textBefore, order] = Array.isArray(block.place) ? (block.place as unknown[]) : [];
  const isPlace = typeof textBefore === 'number' && typeof order === 'number';
  return { field, block, textBefore: isPlace ? textBefore : 0, order: isPlace ? order : -1 };
}
