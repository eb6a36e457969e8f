import { estimateTokens, isObject, type JsonObject } from '@nearhit/core';
import { readCountable } from './request.ts';

/** What a picture costs with most models, about: Anthropic counts width x height / 750, at most this. */
const IMAGE_TOKENS = 1_600;
/** Role and separators of each message. */
const MESSAGE_TOKENS = 4;

/** How many tokens a request will have, within about a third. Throws INVALID_JSON or INVALID_REQUEST. */
export function countMessageTokens(body: Buffer): number {
  const { messages, tools } = readCountable(body);
  const turns = (messages as JsonObject[]).reduce((sum, message) => sum + MESSAGE_TOKENS + tokensIn(message), 0);
  return turns + (tools === undefined ? 0 : estimateTokens(JSON.stringify(tools)));
}

function tokensIn(message: JsonObject): number {
  const { content, tool_calls: calls, thinking_blocks: _, ...rest } = message;
  const parts = Array.isArray(content) ? content : [content ?? ''];
  const said = parts.reduce<number>((sum, part) => sum + partTokens(part), 0);
  const reasoning = typeof rest.reasoning_content === 'string' ? estimateTokens(rest.reasoning_content) : 0;
  return said + reasoning + (calls === undefined ? 0 : estimateTokens(JSON.stringify(calls)));
}

/** Anthropic counts none of earlier turns. */
const THINKING: ReadonlySet<unknown> = new Set(['thinking', 'redacted_thinking']);

function partTokens(part: unknown): number {
  if (typeof part === 'string') return estimateTokens(part);
  if (!isObject(part)) return 0;
  if (part.type === 'text') return estimateTokens(String(part.text));
  if (THINKING.has(part.type)) return 0;
  // What is sent as data or by its address is no text to be measured.
  return part.type === 'search_result' ? estimateTokens(JSON.stringify(part.content)) : IMAGE_TOKENS;
}
