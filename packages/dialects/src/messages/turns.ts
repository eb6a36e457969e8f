import { isObject, type JsonObject } from '@nearhit/core';
import { given, plainContent } from '../chat/request.ts';
import type { CountableRequest } from './request-schema.ts';

/** System prompt and turns as the messages of a chat. */
export function chatMessages({ system, messages }: CountableRequest): JsonObject[] {
  return [...systemMessage(system), ...messages.flatMap(({ role, content, ...rest }) => turn(role, content, rest))];
}

function systemMessage(system: unknown): JsonObject[] {
  if (system === undefined || system === null || system === '') return [];
  if (typeof system === 'string') return [{ role: 'system', content: system }];
  const parts = (system as JsonObject[]).map(partOf);
  return parts.length === 0 ? [] : [{ role: 'system', content: plainContent(parts) }];
}

function turn(role: 'user' | 'assistant', content: unknown, rest: JsonObject): JsonObject[] {
  if (typeof content === 'string') return [{ ...rest, role, content }];
  const blocks = content as JsonObject[];
  return role === 'user' ? userMessages(blocks, rest) : [assistantMessage(blocks, rest)];
}

/** Results first: in a chat they follow the calls at once. */
function userMessages(blocks: readonly JsonObject[], rest: JsonObject): JsonObject[] {
  const results = blocks.filter(({ type }) => type === 'tool_result').map(toolMessage);
  const parts = blocks.filter(({ type }) => type !== 'tool_result').map(partOf);
  return parts.length === 0 ? results : [...results, { ...rest, role: 'user', content: plainContent(parts) }];
}

function toolMessage({ type: _, tool_use_id, content, is_error, ...rest }: JsonObject): JsonObject {
  const parts = Array.isArray(content) ? (content as JsonObject[]).map(partOf) : undefined;
  const said = parts === undefined ? (content ?? '') : parts.length === 0 ? '' : plainContent(parts);
  return {
    role: 'tool',
    tool_call_id: tool_use_id,
    content: said,
    ...(is_error === true && { is_error }),
    ...given(rest),
  };
}

function assistantMessage(blocks: readonly JsonObject[], rest: JsonObject): JsonObject {
  const parts: JsonObject[] = [];
  const calls: JsonObject[] = [];
  const thinking: JsonObject[] = [];
  let unsigned = '';
  for (const block of blocks) {
    const isSigned = block.type === 'redacted_thinking' || (block.type === 'thinking' && block.signature);
    if (block.type === 'tool_use') calls.push(callOf(block));
    // Between other blocks it stays where it is: its provider refuses a turn whose thoughts were moved.
    else if (isSigned) (parts.length === 0 ? thinking : parts).push(block);
    else if (block.type === 'thinking') unsigned += block.thinking as string;
    else parts.push(partOf(block));
  }
  return {
    ...rest,
    role: 'assistant',
    content: parts.length > 0 ? plainContent(parts) : calls.length > 0 ? null : '',
    ...(calls.length > 0 && { tool_calls: calls }),
    ...(thinking.length > 0 && { thinking_blocks: thinking }),
    // Only Anthropic signs what its models think: the rest came from a provider that has it as one text.
    ...(unsigned !== '' && { reasoning_content: unsigned }),
  };
}

/** What else a call carries is its provider's business, and goes back to it. */
function callOf({ type: _, id, name, input, cache_control, extra_content, ...rest }: JsonObject): JsonObject {
  const args = typeof input === 'string' ? input : JSON.stringify(input ?? {});
  const own = Object.keys(rest).length > 0 && { anthropic: rest };
  const extra = { ...(isObject(extra_content) ? extra_content : {}), ...own };
  return {
    id,
    type: 'function',
    function: { name, arguments: args },
    ...given({ cache_control }),
    ...(Object.keys(extra).length > 0 && { extra_content: extra }),
  };
}

function partOf(block: JsonObject): JsonObject {
  if (block.type === 'text') return withoutNulls(block, ['citations', 'cache_control']);
  if (block.type !== 'image') return block;
  const { type: _, source, ...rest } = block;
  const url = imageUrl(source as JsonObject);
  return url === undefined ? block : { type: 'image_url', image_url: { url }, ...given(rest) };
}

/** Clients send answers back as they got them, with fields that say nothing. */
function withoutNulls(block: JsonObject, fields: readonly string[]): JsonObject {
  const idle = fields.filter((field) => Object.hasOwn(block, field) && block[field] === null);
  if (idle.length === 0) return block;
  return Object.fromEntries(Object.entries(block).filter(([field]) => !idle.includes(field)));
}

/** Undefined: what is known to its provider only. */
function imageUrl({ type, media_type, data, url }: JsonObject): string | undefined {
  if (type === 'base64') return `data:${media_type};base64,${data}`;
  return type === 'url' ? (url as string) : undefined;
}
