import type { JsonObject } from '@nearhit/core';
import { textOf } from './values.ts';

/**
 * Signed thinking between other blocks, and what tools that ran with Anthropic left in an answer: only Anthropic reads
 * them, and the text that came of them stands beside them.
 */
export function isAnthropicsOnly({ type }: JsonObject): boolean {
  return /(?:_tool_(?:use|result)|^(?:redacted_)?thinking)$/.test(textOf(type));
}
