import type { JsonObject } from '@nearhit/core';

/** Google's words for an answer that was held back. */
const WITHHELD: ReadonlySet<string> = new Set([
  ...['SAFETY', 'RECITATION', 'LANGUAGE', 'BLOCKLIST', 'PROHIBITED_CONTENT', 'SPII', 'MODEL_ARMOR'],
  ...['IMAGE_SAFETY', 'IMAGE_PROHIBITED_CONTENT', 'IMAGE_RECITATION'],
]);

/** `finish_reason`, and Google's word where that says less. Null: not finished yet. */
export function finishOf(reason: unknown, calls: boolean): JsonObject {
  if (typeof reason !== 'string' || reason === '' || reason === 'FINISH_REASON_UNSPECIFIED')
    return { finish_reason: null };
  if (reason === 'STOP') return { finish_reason: calls ? 'tool_calls' : 'stop' };
  if (reason === 'MAX_TOKENS') return { finish_reason: 'length' };
  // `error` is OpenRouter's word for a model that broke down (MALFORMED_FUNCTION_CALL, OTHER ...).
  return { finish_reason: WITHHELD.has(reason) ? 'content_filter' : 'error', native_finish_reason: reason };
}
