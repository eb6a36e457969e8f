import type { JsonObject } from '@nearhit/core';
import { deltasOf } from '../chat/answer.ts';
import { piecesInPlace } from '../chat/places.ts';

/** What is told of a message before its calls, in its own order, by its pieces. */
const TOLD = {
  thinking_blocks: undefined,
  native_blocks: undefined,
  reasoning_content: undefined,
  reasoning: undefined,
};

/** A whole message as the deltas of a stream, each block where it stood. */
export function* deltasInPlace(message: JsonObject): Generator<JsonObject> {
  const pieces = piecesInPlace(message);
  if (pieces === undefined) {
    yield* deltasOf(message);
    return;
  }
  for (const piece of pieces) {
    if (piece.kind === 'text') yield* deltasOf({ content: piece.text });
    else yield { [piece.field]: [piece.block] };
  }
  yield* deltasOf({ ...message, ...TOLD, content: null });
}
